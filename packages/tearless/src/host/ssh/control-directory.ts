// Where the sockets of shared connections lie: a directory of ours alone, with a short path (a socket's has 108 bytes).
import { randomBytes } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { HostError } from '../host-error.ts';

/** ssh first binds a name that is 17 bytes longer than the one it was given. */
const longestDirectoryBytes = 107 - 17 - '/0123456789abcdef'.length;

const refuse = (path: string, why: string): HostError =>
  new HostError({
    kind: 'denied',
    code: 'ssh-control-directory',
    message: `the directory ${path} for ssh's sockets ${why}`,
    hint: 'remove it, or set TMPDIR to a directory of your own with a short path',
    place: 'local',
  });

/** A socket path that nobody has used, in a directory (0700, ours) that is made when it is missing. */
export const newControlPath = async (): Promise<string> => {
  const { uid } = userInfo();
  const own = `${tmpdir()}/tearless-ssh-${uid}`;
  const directory = Buffer.byteLength(own) <= longestDirectoryBytes ? own : `/tmp/tearless-ssh-${uid}`;
  if (/["%$\\]/.test(directory)) throw refuse(directory, 'has a name that ssh would read as an expression');
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw refuse(directory, `cannot be made: ${error.message}`);
  });
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
    throw refuse(directory, 'does not belong to this user alone');
  return `${directory}/${randomBytes(8).toString('hex')}`;
};
