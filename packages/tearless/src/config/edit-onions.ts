// Changes to the onion services of tearless.yaml that leave everything else as a person wrote it. Pure.
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse.ts';
import type { OnionConfig } from './schema.ts';
import { addEntry, isWrittenInBraces, readSection, renderFlow, setKey } from './splice.ts';

/** As it is written. */
export type OnionText = z.input<typeof OnionConfig>;

/** @throws ConfigError when the edit would make the configuration wrong */
const checked = (text: string, path: string): string => {
  parseConfig(text, path);
  return text;
};

/** One key a line, one worker a line. */
const renderOnion = (name: string, { workers, ...rest }: OnionText): string[] => [
  `${renderFlow(name)}:`,
  ...Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${renderFlow(value)}`])),
  '  workers:',
  ...Object.entries(workers).map(([worker, value]) => `    ${renderFlow(worker)}: ${renderFlow(value)}`),
];

/**
 * Puts an onion service behind those that stand there.
 * @throws ConfigError `config-onion-exists`, and when the configuration would be wrong with it
 */
export const declareOnion = (text: string, path: string, name: string, onion: OnionText): string => {
  if (parseConfig(text, path).onions?.[name] !== undefined)
    throw new ConfigError(path, [
      {
        code: 'config-onion-exists',
        message: `the onion service '${name}' is declared already`,
        line: 1,
        column: 1,
        suggestion: 'give the other one another name',
      },
    ]);
  if (isWrittenInBraces(text)) {
    const isFirst = readSection(text, 'onions') === undefined;
    return checked(
      isFirst ? setKey(text, [], 'onions', { [name]: onion }) : setKey(text, ['onions'], name, onion),
      path,
    );
  }
  return checked(addEntry(text, 'onions', renderOnion(name, onion)), path);
};

/** Writes down which address a worker has. The same text where it stands already. */
export const declareWorkerAddress = (
  text: string,
  path: string,
  { onion, worker, address }: { readonly onion: string; readonly worker: string; readonly address: string },
): string =>
  parseConfig(text, path).onions?.[onion]?.workers[worker]?.address === address
    ? text
    : checked(setKey(text, ['onions', onion, 'workers', worker], 'address', address), path);
