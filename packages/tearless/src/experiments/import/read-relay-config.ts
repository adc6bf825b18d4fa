// The list of relays with their arms and settings, in both forms.
import { formatCount } from '../../report/experiment/figures.ts';
import type { RelayConfigDocument } from '../load/documents.ts';
import type { ColumnName, Table } from './columns.ts';
import { plainText, quote, readName } from './fields.ts';
import { fieldsOf, readNames } from './named-row.ts';
import type { ProblemLog } from './problem-log.ts';

const settingColumns = ['allocator', 'config', 'dircache', 'maxmem', 'notes'] as const satisfies readonly ColumnName[];

export class RelayConfigRows {
  readonly relays: RelayConfigDocument['relays'] = [];
  readonly #table: Table;
  readonly #log: ProblemLog;
  readonly #lines = new Map<string, { readonly line: number; readonly text: string }>();
  #emptyFingerprints = 0;
  #firstEmpty = 0;

  constructor(table: Table, log: ProblemLog) {
    this.#table = table;
    this.#log = log;
  }

  record(fields: readonly string[], line: number): void {
    const why = this.#read(fields, line);
    if (why !== undefined) this.#log.add({ code: 'bad-row', line, message: why });
  }

  /** @returns why the row is left out */
  #read(fields: readonly string[], line: number): string | undefined {
    const { at } = this.#table;
    const field = fieldsOf(this.#table, fields);
    if (typeof field === 'string') return field;
    const named = readNames(field);
    if (typeof named === 'string') return named;
    const { nickname, fingerprint } = named;
    const arm = readName(field('group'));
    if (arm === undefined) return `${quote(field('group'))} is no group`;
    const key = `${nickname}\n${fingerprint}`;
    const text = `${arm}\n${settingColumns.map(field).join('\n')}`;
    const before = this.#lines.get(key);
    if (before !== undefined) {
      const same = before.text === text;
      this.#log.add({
        code: 'duplicate-row',
        line,
        message: `${nickname === '' ? fingerprint : nickname} stands in line ${before.line} already${same ? '' : ', with another group or other settings'}`,
        relay: nickname,
        ...(fingerprint === '' ? {} : { fingerprint }),
        same,
      });
      return undefined;
    }
    this.#lines.set(key, { line, text });
    if (fingerprint === '' && at.fingerprint !== undefined) {
      if (this.#emptyFingerprints === 0) this.#firstEmpty = line;
      this.#emptyFingerprints += 1;
    }
    this.relays.push({
      nickname,
      ...(fingerprint === '' ? {} : { fingerprint }),
      ...(arm === '' ? {} : { arm }),
      settings: Object.fromEntries(
        settingColumns.filter((name) => at[name] !== undefined).map((name) => [name, plainText(field(name))]),
      ),
    });
    return undefined;
  }

  end(): RelayConfigDocument {
    if (this.#emptyFingerprints > 0)
      this.#log.add({
        code: 'empty-fingerprint',
        line: this.#firstEmpty,
        message: `${formatCount(this.#emptyFingerprints)} of ${formatCount(this.relays.length)} relays have no fingerprint: they are told by nickname`,
        rows: this.#emptyFingerprints,
      });
    return { kind: 'relay-config', relays: this.relays };
  }
}
