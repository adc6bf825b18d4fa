// Files of the operator that commands write: a new one never over another, a changed one whole or not at all.
import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, refusal } from './cli-error.ts';

const unwritable = (path: string, cause: unknown): CliError =>
  new CliError({
    kind: 'failed',
    code: 'cli-file-unwritable',
    message: `${path} cannot be written`,
    subject: path,
    hint: 'name another place, or mend its permissions',
    cause,
  });

/**
 * @param hint what to do when something is there
 * @param mode of the new file, less the umask
 * @throws CliError `cli-file-exists`, `cli-file-unwritable`
 */
export const writeNewFile = (path: string, text: string, hint: string, mode = 0o666): void => {
  try {
    writeFileSync(path, text, { flag: 'wx', mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(path, error);
    throw refusal({ code: 'cli-file-exists', message: `${path} is there already`, subject: path, hint });
  }
};

/**
 * As `writeNewFile` would, before what takes long: nobody waits for what then cannot be kept. Leaves nothing.
 * @throws CliError `cli-file-exists`, `cli-file-unwritable`
 */
export const requireNewFile = (path: string, hint: string): void => {
  writeNewFile(path, '', hint);
  rmSync(path);
};

/**
 * Replaces a file's text: readers see the old one or the new one. Links stay links, permissions stay.
 * @param before what the file must still hold: nobody else's change is lost
 * @throws CliError `cli-file-changed`, `cli-file-unwritable`
 */
export const replaceFile = (path: string, before: string, text: string): void => {
  let beside: string | undefined;
  try {
    const target = realpathSync(path);
    if (readFileSync(target, 'utf8') !== before)
      throw refusal({
        code: 'cli-file-changed',
        message: `${path} was changed by somebody else just now`,
        subject: path,
        hint: 'run the command again',
      });
    beside = join(dirname(target), `.tearless-${randomBytes(6).toString('hex')}`);
    writeFileSync(beside, text, { flag: 'wx', mode: statSync(target).mode & 0o777 });
    renameSync(beside, target);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw error instanceof CliError ? error : unwritable(path, error);
  }
};

/**
 * Writes a file that only its owner may read, whatever stood there; a device or a pipe is written to as it is.
 * @throws CliError `cli-file-unwritable`
 */
export const writePrivateFile = (path: string, text: string): void => {
  let beside: string | undefined;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      writeFileSync(path, text);
      return;
    }
    beside = join(dirname(path), `.tearless-${randomBytes(6).toString('hex')}`);
    writeFileSync(beside, text, { flag: 'wx', mode: 0o600 });
    renameSync(beside, path);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw unwritable(path, error);
  }
};
