// PostgreSQL's and its connection's errors in our words (PostgreSQL, appendix A "Error Codes"). None repeats a password: the
// server never sends one back, and addresses are shown without.
import { StoreError } from '../store-error.ts';

interface Described {
  readonly kind: ConstructorParameters<typeof StoreError>[0]['kind'];
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  readonly isPassing?: boolean;
}

const outOfReach: Described = {
  kind: 'unreachable',
  code: 'store-unreachable',
  what: 'cannot be reached',
  hint: 'see that the server runs and that this machine may connect to it (pg_isready, listen_addresses, a firewall)',
  isPassing: true,
};

const turnedAway: Described = {
  kind: 'denied',
  code: 'store-denied',
  what: 'does not let us in',
  hint: 'see its user, its password in ~/.pgpass (0600) or $PGPASSFILE, and pg_hba.conf of the server',
};

const askedForPassword: Described = {
  kind: 'denied',
  code: 'store-denied',
  what: 'asks for a password, and none is known for it',
  hint: 'write it into ~/.pgpass (chmod 0600): HOST:PORT:DATABASE:USER:PASSWORD',
};

/** By SQLSTATE, or its class. */
const bySqlState: readonly (readonly [RegExp, Described])[] = [
  [/^28/, turnedAway],
  [
    /^3D000$/,
    {
      kind: 'not-found',
      code: 'store-missing',
      what: 'is not there',
      hint: 'make it, owned by the user that Tearless connects as: createdb --owner=USER DATABASE',
    },
  ],
  [
    /^(42501|25006)$/,
    {
      kind: 'denied',
      code: 'store-read-only',
      what: 'may not be written by us',
      hint: 'the user must own the database (alter database … owner to …), and the server must not be a standby',
    },
  ],
  [
    /^(55P03|57014|40P01|40001|25P03)$/,
    {
      kind: 'locked',
      code: 'store-busy',
      what: 'is kept busy by another process',
      hint: 'wait until it has finished, then try again',
      isPassing: true,
    },
  ],
  [
    /^53300$/,
    {
      kind: 'locked',
      code: 'store-busy',
      what: 'has no connection left',
      hint: 'wait, or raise max_connections; each tearless takes up to four',
      isPassing: true,
    },
  ],
  [
    /^53[12]00$/,
    {
      kind: 'failed',
      code: 'store-full',
      what: 'has no room left',
      hint: 'make room on the server, then resume',
    },
  ],
  [/^(08|57P)/, outOfReach],
];

const networkCodes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EHOSTDOWN|EADDRNOTAVAIL|ECONNABORTED)$/;
const connectionWords =
  /^(Connection terminated|Client has encountered a connection error|timeout e(xpired|xceeded)|Query read timeout|Client was closed)/;
const tlsCodes = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/;

const describe = (error: Error): Described | undefined => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // What the server itself said has a severity; a code of Node's own may look like one of its.
  if ('severity' in error) return bySqlState.find(([pattern]) => pattern.test(code))?.[1];
  const isConnect = 'syscall' in error && error.syscall === 'connect';
  if (networkCodes.test(code) || connectionWords.test(error.message) || (isConnect && code === 'ENOENT'))
    return outOfReach;
  if (isConnect && (code === 'EACCES' || code === 'EPERM')) return turnedAway;
  if (/password must be/.test(error.message)) return askedForPassword;
  if (/^SASL/.test(error.message)) return turnedAway;
  if (tlsCodes.test(code) || /SSL connections|SSL connection/.test(error.message))
    return {
      kind: 'denied',
      code: 'store-tls',
      what: 'cannot be trusted',
      hint: 'sslrootcert=FILE names the authority that signed its certificate; sslmode=disable goes without TLS on a network that is your own',
    };
  return undefined;
};

/** @returns undefined for what is no error of PostgreSQL or of the way there */
export const describePostgresError = (error: unknown, shown: string): StoreError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const described =
    describe(error) ??
    ('severity' in error
      ? {
          kind: 'failed' as const,
          code: 'store-unusable',
          what: 'cannot be used',
          hint: 'read the server’s own words; the journals on the hosts hold what an undo needs',
        }
      : undefined);
  if (described === undefined) return undefined;
  const { kind, code, what, hint } = described;
  const words = error.message === '' && error instanceof AggregateError ? String(error.errors[0]) : error.message;
  return new StoreError({
    kind,
    code,
    message: `the state database ${shown} ${what}${described === askedForPassword ? '' : `: ${words}`}`,
    hint,
    retryable: 'isPassing' in described && described.isPassing === true,
    subject: shown,
    cause: error,
  });
};
