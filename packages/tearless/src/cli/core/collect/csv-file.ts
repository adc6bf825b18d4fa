// Rows for older tools, appended to a file of theirs: private as the store is, and never to a file of another form.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Collection, CollectionTarget } from '../../../experiments/collect/collect-once.ts';
import { renderCsvRows } from '../../../experiments/collect/old-csv.ts';
import { CliError, refusal } from '../cli-error.ts';

const readHead = (path: string): { readonly head: string; readonly last: string } => {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const read = (bytes: number, at: number): string => {
      const buffer = Buffer.alloc(bytes);
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, bytes, at));
    };
    return { head: read(4096, 0).split(/\r?\n/)[0] ?? '', last: size === 0 ? '' : read(1, size - 1) };
  } finally {
    closeSync(file);
  }
};

/**
 * Appends the rows of a collection; a file that is not there begins with the header.
 * @throws CliError `collect-csv-foreign` for a file with other columns, `cli-file-unwritable`
 */
export const appendCsv = (path: string, collection: Collection, targets: readonly CollectionTarget[]): void => {
  const { header, rows } = renderCsvRows(collection, targets);
  if (rows.length === 0) return;
  try {
    const { head, last } = existsSync(path) ? readHead(path) : { head: '', last: '' };
    if (last !== '' && head.replace(/^\ufeff/, '') !== header)
      throw refusal({
        code: 'collect-csv-foreign',
        message: `${path} begins with other columns than ${header}`,
        subject: path,
        hint: 'name another file: rows of two forms in one are read by nobody',
      });
    const start = last === '' ? `${header}\n` : last === '\n' ? '' : '\n';
    appendFileSync(path, `${start}${rows.join('\n')}\n`, { mode: 0o600 });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError({
      kind: 'failed',
      code: 'cli-file-unwritable',
      message: `${path} cannot be written`,
      subject: path,
      hint: 'name another place, or mend its permissions; the store has the samples',
      cause: error,
    });
  }
};
