// What an import may be told, and the names that experiments may have.
import type { Clock } from '../../base/clock.ts';
import { ExperimentError } from '../model/experiment-error.ts';
import { isTimeZone } from './instant.ts';

export interface ImportProgress {
  readonly file: string;
  /** Of all files that are read. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Of all files so far. */
  readonly rows: number;
}

export interface ImportOptions {
  /** Its name; else what experiment.json says, else the folder's name. */
  readonly id?: string;
  /** Zone of times that are written without one; else UTC, and the experiment says that nobody knows. */
  readonly timeZone?: string;
  /** The arm that others are compared with, where the files do not tell. */
  readonly control?: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** As a name on the command line: letters, digits, and `. _ -` inside. */
export const nameExperiment = (text: string): string => {
  const name = text
    .trim()
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
  return name === '' ? 'experiment' : name;
};

/** @throws ExperimentError `import-name`, `import-time-zone` */
export const checkOptions = ({ id, timeZone }: ImportOptions): void => {
  if (id !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(id))
    throw new ExperimentError({
      kind: 'usage',
      code: 'import-name',
      message: `an experiment cannot be named '${id}'`,
      hint: 'use up to 100 letters, digits, and . _ - inside',
    });
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new ExperimentError({
      kind: 'usage',
      code: 'import-time-zone',
      message: `there is no time zone '${timeZone}'`,
      hint: 'name one as in Europe/Berlin, or UTC',
    });
};
