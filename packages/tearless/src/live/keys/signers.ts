// Who may sign live updates of a host, as ssh-keygen(1) reads it ("ALLOWED SIGNERS"). Pure.
import { createHash } from 'node:crypto';
import { LiveError } from '../live-error.ts';
import { namespaces } from './namespaces.ts';

export interface Signer {
  readonly name: string;
  /** `ssh-ed25519`. */
  readonly type: string;
  /** Base64. */
  readonly key: string;
  /** `20260101000000Z`; from then on. */
  readonly validAfter?: string;
  /** Until then. */
  readonly validBefore?: string;
}

const all = Object.values(namespaces).join(',');
const line = /^(\S+) namespaces="([^"]*)"(?:,valid-after="([^"]*)")?(?:,valid-before="([^"]*)")? (\S+) (\S+)$/;

export const renderSigners = (signers: readonly Signer[]): string =>
  signers
    .map(({ name, type, key, validAfter, validBefore }) => {
      const from = validAfter === undefined ? '' : `,valid-after="${validAfter}"`;
      const until = validBefore === undefined ? '' : `,valid-before="${validBefore}"`;
      return `${name} namespaces="${all}"${from}${until} ${type} ${key}\n`;
    })
    .join('');

/** @throws LiveError `live-signers-bad` */
export const parseSigners = (text: string, host: string): Signer[] =>
  text
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => {
      const [, name, , validAfter, validBefore, type, key] = line.exec(one) ?? [];
      if (name === undefined || type === undefined || key === undefined)
        throw new LiveError({
          kind: 'protocol',
          code: 'live-signers-bad',
          message: `${host}: its list of signers has a line that Tearless did not write: ${one.slice(0, 80)}`,
          place: 'host',
          subject: host,
          hint: 'an administrator of the host looks at /var/lib/tearless/live/signers',
        });
      return {
        name,
        type,
        key,
        ...(validAfter === undefined ? {} : { validAfter }),
        ...(validBefore === undefined ? {} : { validBefore }),
      };
    });

const publicLine = /^(ssh-ed25519|sk-ssh-ed25519@openssh\.com|ecdsa-sha2-\S+|sk-ecdsa-\S+|ssh-rsa) ([A-Za-z0-9+/=]+)/;
const signerName = /^[A-Za-z0-9][A-Za-z0-9@._-]*$/;

/** @param text of a public key's file @throws LiveError `live-key-bad` */
export const parsePublicKey = (text: string, name: string, path: string): Signer => {
  const [, type, key] = publicLine.exec(text) ?? [];
  const bad = (message: string, hint: string) =>
    new LiveError({ kind: 'config', code: 'live-key-bad', message, subject: path, hint });
  if (type === undefined || key === undefined)
    throw bad(`${path} is no public key of ssh-keygen`, 'name the file that ends in .pub');
  if (!signerName.test(name)) throw bad(`'${name}' is no name for a signer`, 'letters, digits, @ . _ -');
  return { name, type, key };
};

/** As ssh-keygen -l shows it. */
export const fingerprintOfSigner = ({ key }: Pick<Signer, 'key'>): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;

/** `20260101120000Z`. */
export const renderSignerTime = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;

const timeText = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/;

/** Milliseconds since 1970; NaN for what is no time. */
export const signerTimeMs = (text: string): number => {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = timeText.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

/** As ssh-keygen on a host judges it, which knows whole seconds: until the last of them is over. */
export const isValidAt = ({ validAfter, validBefore }: Signer, ms: number): boolean =>
  (validAfter === undefined || ms >= signerTimeMs(validAfter)) &&
  (validBefore === undefined || ms < signerTimeMs(validBefore) + 1000);

export const isSameKey = (a: Signer, b: Signer): boolean => a.type === b.type && a.key === b.key;

/** Trusted no longer than until then. @param time `20260101000000Z` */
export const endAt = (signer: Signer, time: string): Signer => {
  const { validBefore } = signer;
  return validBefore !== undefined && signerTimeMs(validBefore) <= signerTimeMs(time)
    ? signer
    : { ...signer, validBefore: time };
};

/** Whether somebody who may sign now could not any more: nor take back what is done to the list. */
export const isShutOut = (own: Signer, former: readonly Signer[], next: readonly Signer[], ms: number): boolean => {
  const maySign = (list: readonly Signer[]): boolean => list.some((one) => isSameKey(one, own) && isValidAt(one, ms));
  return maySign(former) && !maySign(next);
};

/** What is signed to put a list in place of another: that one, and no list that came since. */
export const signersStatement = (former: string, next: string): Uint8Array =>
  Buffer.from(`replaces ${createHash('sha256').update(former).digest('hex')}\n${next}`);
