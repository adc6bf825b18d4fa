// What is wrong with a configuration file: every problem with its place and, where there is one, a suggestion.
import { TearlessError } from '../base/error.ts';

export interface ConfigProblem {
  /** `config-unknown-key`, `config-wrong-type`, … */
  readonly code: string;
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly suggestion?: string;
}

const renderProblem = (path: string, { line, column, message, suggestion }: ConfigProblem): string =>
  `${path}:${line}:${column}: ${message}${suggestion === undefined ? '' : `; ${suggestion}`}`;

/** One or more problems of one file. `subject` is the first one's `path:line:column`. */
export class ConfigError extends TearlessError {
  readonly path: string;
  readonly problems: readonly ConfigProblem[];

  constructor(path: string, problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    const [first] = problems;
    super({
      kind: 'config',
      code: first.code,
      place: 'config',
      message: problems.map((problem) => renderProblem(path, problem)).join('\n'),
      subject: `${path}:${first.line}:${first.column}`,
      hint: `mend the file; 'tearless config check' tells when it is right`,
    });
    this.path = path;
    this.problems = problems;
  }
}
