// Finds and reads the configuration: --config, $TEARLESS_CONFIG, the nearest tearless.yaml upward, the user's own.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';

export const configName = 'tearless.yaml';

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** For people: which rule found it. */
  readonly foundBy: string;
  readonly text: string;
}

const upward = (from: string): string | undefined => {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const path = join(directory, configName);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) return undefined;
  }
};

/** Where the configuration is, or undefined. A path that was named is taken as named, also where nothing is there. */
export const locateConfig = ({ surroundings, configOption }: CommandContext): Omit<ConfigFile, 'text'> | undefined => {
  const { env, cwd, home } = surroundings;
  if (configOption !== undefined) return { path: resolve(cwd, configOption), foundBy: '--config' };
  if (env.TEARLESS_CONFIG !== undefined && env.TEARLESS_CONFIG !== '')
    return { path: resolve(cwd, env.TEARLESS_CONFIG), foundBy: '$TEARLESS_CONFIG' };
  const near = upward(cwd);
  if (near !== undefined) return { path: near, foundBy: `nearest ${configName} upward` };
  // One that is no absolute path counts as not set (XDG Base Directory Specification).
  const base = env.XDG_CONFIG_HOME?.startsWith('/') === true ? env.XDG_CONFIG_HOME : join(home, '.config');
  const own = join(base, 'tearless', configName);
  return existsSync(own) ? { path: own, foundBy: 'the user’s configuration' } : undefined;
};

/** @throws CliError when there is none or it cannot be read */
export const readConfigFile = (context: CommandContext): ConfigFile => {
  const located = locateConfig(context);
  if (located === undefined)
    throw new CliError({
      kind: 'config',
      code: 'config-missing',
      place: 'config',
      message: `there is no ${configName} here or in a folder above`,
      hint: "'tearless init' writes one, 'tearless adopt' reads an existing fleet into one, --config names one elsewhere",
    });
  try {
    return { ...located, text: readFileSync(located.path, 'utf8') };
  } catch (error) {
    throw new CliError({
      kind: 'config',
      code: 'config-unreadable',
      place: 'config',
      message: `${located.path} (${located.foundBy}) cannot be read`,
      subject: located.path,
      hint: 'name another with --config, or mend its permissions',
      cause: error,
    });
  }
};

/** The configuration, checked. The parser is loaded only by who needs it. */
export const loadConfig = async (context: CommandContext): Promise<{ file: ConfigFile; config: Config }> => {
  const file = readConfigFile(context);
  const { parseConfig } = await import('../../config/parse.ts');
  return { file, config: parseConfig(file.text, file.path) };
};
