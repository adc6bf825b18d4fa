// From a wish about signers to the plan that changes the lists of hosts.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan } from '../../../change/plan.ts';
import { diffLines } from '../../../daemon/file-diff.ts';
import {
  fingerprintOfSigner,
  isSameKey,
  isShutOut,
  parsePublicKey,
  parseSigners,
  renderSigners,
  renderSignerTime,
  type Signer,
} from '../../../live/keys/signers.ts';
import { readSigners } from '../../../live/keys/trust-step.ts';
import { LiveError } from '../../../live/live-error.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { readHostNames } from '../named-hosts.ts';
import { ownKey, planIdAt, readKeyPath } from './live-options.ts';

export const publicHalf = (path: string): string => (path.endsWith('.pub') ? path : `${path}.pub`);

/** The public half beside a key. */
export const readPublicKey = (path: string, name: string): Signer => {
  const file = publicHalf(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(
      `the public key ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "'tearless live key make' makes a key",
    );
  }
  return parsePublicKey(text, name, file);
};

/** A point in time as people write it. @throws CliError `cli-usage` */
export const readTime = (option: string, text: string): string => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw usageError(`--${option} ${text} is no point in time`, `such as --${option} 2027-01-31`);
  return renderSignerTime(ms);
};

/** A time in which a key is trusted has a length. @throws CliError `cli-usage` */
export const requireSpan = ({ validAfter, validBefore }: Pick<Signer, 'validAfter' | 'validBefore'>): void => {
  if (validAfter === undefined || validBefore === undefined || validAfter < validBefore) return;
  throw usageError(
    '--until is not later than --from, so it would never be trusted',
    'leave out one of both, or mend it',
  );
};

/** @throws CliError `cli-usage` where one would go over from a key to itself */
export const requireOther = (next: Signer, present: Signer): void => {
  if (!isSameKey(next, present)) return;
  throw usageError(
    `${fingerprintOfSigner(next)} is the present key itself`,
    'name the .pub file of the new one; --key FILE names the present one',
  );
};

/** The key that a command names, or one's own. */
export const pathOf = (context: CommandContext, named: string | undefined): string =>
  named === undefined ? ownKey(context) : resolve(context.surroundings.cwd, named);

/**
 * A list without the key of this fingerprint or name.
 * @throws CliError `cli-usage` where the name is that of several keys
 */
export const withoutKey =
  (named: string) =>
  (signers: readonly Signer[]): Signer[] => {
    const isMeant = (one: Signer): boolean => fingerprintOfSigner(one) === named || one.name === named;
    const meant = [...new Set(signers.filter(isMeant).map(fingerprintOfSigner))];
    if (meant.length > 1)
      throw usageError(
        `'${named}' is the name of ${meant.length} keys`,
        `name one by its fingerprint: ${meant.join(', ')}`,
      );
    return signers.filter((one) => !isMeant(one));
  };

export interface TrustWish {
  readonly hosts: readonly string[];
  /** Signs the new list. */
  readonly key: string | undefined;
  readonly what: string;
  /** The list of a host as it shall be. */
  readonly edit: (signers: readonly Signer[]) => readonly Signer[];
}

const shutOut = (host: string, key: string, isEmpty: boolean): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-key-shut-out',
    message: `${host}: ${key} signs this list and would not be trusted there any more, so it could not take that back`,
    subject: key,
    hint: isEmpty
      ? 'nobody would be left: an administrator of the host removes /var/lib/tearless/live/signers where that is meant'
      : 'let somebody sign who stays: --key FILE',
  });

/** @throws CliError `cli-usage`, HostError, LiveError `live-key-shut-out` */
export const planTrust = async (fleet: ReadFleet, wish: TrustWish, context: CommandContext): Promise<Plan> => {
  const names = readHostNames(fleet.config, wish.hosts);
  const key = readKeyPath(context, wish.key);
  // A key alone can sign; whose it is, its public half says.
  const own = existsSync(publicHalf(key)) ? readPublicKey(key, 'own') : undefined;
  const createdAtMs = context.surroundings.clock.now();
  const items: ChangeItem[] = [];
  for (const name of names) {
    const former = await readSigners(fleet.hosts.get(name));
    const before = parseSigners(former, name);
    const after = wish.edit(before);
    const signers = renderSigners(after);
    if (signers === former) continue;
    if (own !== undefined && isShutOut(own, before, after, createdAtMs)) throw shutOut(name, key, after.length === 0);
    items.push({
      id: `${name}/(live signers)`,
      subject: name,
      host: name,
      steps: [
        {
          id: 'trust',
          kind: 'live.trust',
          symbol: former === '' ? '+' : '~',
          summary: wish.what,
          detail: diffLines(former, signers),
          params: { former, signers, key },
        },
      ],
      gates: [],
      undoGates: [],
    });
  }
  return sealPlan({
    id: planIdAt(createdAtMs),
    createdAt: new Date(createdAtMs).toISOString(),
    fleet: fleet.desired.fleet,
    request: { live: 'key' },
    items,
    batches: items.length === 0 ? [] : [items.map(({ id }) => id)],
    maxFail: 0,
    cost: { restarts: 0, lines: ['nothing is interrupted'], estimatedSeconds: 1 },
    warnings: [],
  });
};

/** For people: `ops SHA256:…`. */
export const describeSigner = (signer: Signer): string => `${signer.name} ${fingerprintOfSigner(signer)}`;
