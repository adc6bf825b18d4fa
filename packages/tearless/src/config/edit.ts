// Changes to the text of tearless.yaml that leave comments, order and spacing as a person wrote them. Pure.
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse.ts';
import type { HostConfig } from './schema.ts';
import { insertSection, readSection, removeKey, renderFlow, replaceSection, setKey } from './splice.ts';

/** @throws ConfigError when the edit would make the configuration wrong */
const checked = (text: string, path: string): string => {
  parseConfig(text, path);
  return text;
};

/**
 * Declares a host, or changes what is declared of it; keys that `host` does not name stay.
 * @param text a configuration that is right
 */
export const declareHost = (text: string, path: string, name: string, host: HostConfig): string => {
  const entries = Object.entries(host).filter(([, value]) => value !== undefined);
  const stands = name in parseConfig(text, path).hosts;
  const edited = stands
    ? entries.reduce((before, [key, value]) => setKey(before, ['hosts', name], key, value), text)
    : setKey(text, ['hosts'], name, Object.fromEntries(entries));
  return checked(edited, path);
};

/** @throws ConfigError when relays are still declared on it */
export const undeclareHost = (text: string, path: string, name: string): string =>
  checked(removeKey(text, ['hosts'], name), path);

/** Names the ssh configuration that the fleet is reached with. */
export const declareSshConfig = (text: string, path: string, sshConfig: string): string =>
  checked(
    parseConfig(text, path).sshConfig === undefined
      ? insertSection(text, 'fleet', `sshConfig: ${renderFlow(sshConfig)}`)
      : setKey(text, [], 'sshConfig', sshConfig),
    path,
  );

/** What an adopted fleet declares, besides how its hosts are reached; in the order in which it is put in. */
const adoptedKeys = ['network', 'relays', 'allocators', 'settings'] as const;

/**
 * Puts relays, allocators and settings of `adopted` into a configuration that declares none yet.
 * @throws ConfigError `config-has-relays`
 */
export const declareAdopted = (text: string, path: string, adopted: string): string => {
  const config = parseConfig(text, path);
  if (config.relays.length > 0 || Object.keys(config.allocators ?? {}).length > 0)
    throw new ConfigError(path, [
      {
        code: 'config-has-relays',
        message: `${config.relays.length} relays and ${Object.keys(config.allocators ?? {}).length} allocators are declared already`,
        line: 1,
        column: 1,
        suggestion: 'write what was adopted beside it with --out FILE and compare',
      },
    ]);
  let after = 'fleet';
  const edited = adoptedKeys.reduce((before, key) => {
    const section = readSection(adopted, key);
    if (section === undefined) return before;
    const stands = readSection(before, key) !== undefined;
    const put = stands ? replaceSection(before, key, section) : insertSection(before, after, section);
    if (key !== 'network') after = key;
    return put;
  }, text);
  return checked(edited, path);
};
