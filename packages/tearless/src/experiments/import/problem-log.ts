// What is wrong with a file, row by row: examples of each kind up to a limit, and exact counts of the rest.
import type { ImportProblem } from '../model/import-problem.ts';

/** As it is stored: what the row calls the relay. */
export interface LoggedProblem extends ImportProblem {
  readonly fingerprint?: string;
}

export const examplesOfAKind = 200;

const restMessages: Partial<Record<ImportProblem['code'], string>> = {
  'duplicate-row': 'the same relay at the same instant again',
  'bad-row': 'could not be read and were left out',
};

export class ProblemLog {
  readonly file: string;
  readonly #examples: LoggedProblem[] = [];
  readonly #counts = new Map<ImportProblem['code'], number>();
  readonly #rest = new Map<string, LoggedProblem>();

  constructor(file: string) {
    this.file = file;
  }

  add(problem: Omit<LoggedProblem, 'file' | 'rows'> & { readonly rows?: number }): void {
    const { code, relay, fingerprint, same } = problem;
    const rows = problem.rows ?? 1;
    const count = this.#counts.get(code) ?? 0;
    this.#counts.set(code, count + rows);
    if (count < examplesOfAKind) {
      this.#examples.push({ ...problem, file: this.file, rows });
      return;
    }
    const key = `${code}\n${relay ?? ''}\n${fingerprint ?? ''}\n${same ?? ''}`;
    const before = this.#rest.get(key)?.rows ?? 0;
    this.#rest.set(key, {
      code,
      file: this.file,
      message: `${before + rows} more rows${relay === undefined ? '' : ` of ${relay}`}: ${restMessages[code] ?? code}`,
      ...(relay === undefined ? {} : { relay }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(same === undefined ? {} : { same }),
      rows: before + rows,
    });
  }

  /** How many rows of that kind, exactly. */
  count(code: ImportProblem['code']): number {
    return this.#counts.get(code) ?? 0;
  }

  /** Problems of the whole file, then by line, then those that were only counted. */
  list(): LoggedProblem[] {
    return [...this.#examples.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)), ...this.#rest.values()];
  }
}
