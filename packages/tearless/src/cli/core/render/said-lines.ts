// What a remote command that failed said last, below the error that it led to.
import { keptLines } from '../../../host/host-error.ts';

/**
 * @param message the error's own, which often ends with the only line there is
 * @returns a heading and the last lines; nothing when the message says it all
 */
export const renderSaid = (message: string, lines: readonly string[] = []): string[] => {
  const said = lines.slice(-keptLines);
  const [only = ''] = said;
  const known = said.length === 0 || (said.length === 1 && message.includes(only.replace(/^[\w-]+: /, '')));
  return known ? [] : ['the host said:', ...said.map((line) => `  ${line}`)];
};
