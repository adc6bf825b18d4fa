// The end of a log, for the message of what failed.
import { existsSync, readFileSync } from 'node:fs';

const shown = 12;

export const lastLines = (path: string): string =>
  existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-shown).join('\n') : '';
