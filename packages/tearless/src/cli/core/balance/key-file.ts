// Key files of balanced services: the key of an address, or keys made ahead from it. What others may read is told or refused.
import { readFile, stat } from 'node:fs/promises';
import { BalanceError } from '../../../balance/balance-error.ts';
import type { Presigned } from '../../../balance/keys/presigned.ts';
import { isPresigned, parsePresigned } from '../../../balance/keys/presigned-file.ts';
import type { FrontendKey } from '../../../balance/publish/period-keys.ts';
import { decodeFrontendKey } from '../../../balance/run/onionbalance-config.ts';
import { CliError } from '../cli-error.ts';

export type KeyFile =
  | { readonly kind: 'identity'; readonly key: FrontendKey; readonly problem: string | null }
  | { readonly kind: 'presigned'; readonly presigned: Presigned; readonly problem: string | null };

const root = 0;

/** What is wrong with who may read or change a secret file, or null. */
export const findFileProblem = (
  { mode, uid }: { readonly mode: number; readonly uid: number },
  ownUid: number | undefined,
): string | null => {
  if ((mode & 0o077) !== 0) {
    const others = (mode & 0o007) === 0 ? 'its group' : 'others than its owner';
    return `${others} may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600`;
  }
  return uid === root || ownUid === undefined || ownUid === root || uid === ownUid
    ? null
    : `it belongs to another user (uid ${uid})`;
};

/** @throws CliError `balance-key-unreadable`, BalanceError `balance-key`, `balance-presigned` */
export const readKeyFile = async (path: string): Promise<KeyFile> => {
  let bytes: Buffer;
  let problem: string | null;
  try {
    bytes = await readFile(path);
    problem = findFileProblem(await stat(path), process.getuid?.());
  } catch (error) {
    throw new CliError({
      kind: 'config',
      code: 'balance-key-unreadable',
      place: 'config',
      message: `the key ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
  if (!isPresigned(bytes)) return { kind: 'identity', key: decodeFrontendKey(bytes, path), problem };
  return { kind: 'presigned', presigned: parsePresigned(bytes.toString('utf8'), path), problem };
};

/**
 * Of the address itself: what only the offline part has.
 * @throws as `readKeyFile`; BalanceError `balance-key` for keys made ahead
 */
export const readIdentity = async (path: string): Promise<{ key: FrontendKey; problem: string | null }> => {
  const file = await readKeyFile(path);
  if (file.kind === 'identity') return file;
  throw new BalanceError({
    kind: 'config',
    code: 'balance-key',
    place: 'config',
    message: `${path} holds keys made ahead, not the key of ${file.presigned.address}: no more can be made from them`,
    hint: 'run this where the key of the address lies',
    subject: path,
  });
};
