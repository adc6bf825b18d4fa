// A timer on this machine: shown, confirmed, written whole, started; and taken away again. Of root it is a system timer, of
// anybody else one of the user's own systemd. What it calls is handed in.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  isOwnUnit,
  renderTimerUnits,
  type TimerCommand,
  type TimerUnits,
} from '../../../experiments/timer/timer-units.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import { CliError, refusal } from '../cli-error.ts';
import { confirm } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { namedStore } from '../journal-store.ts';

const main = fileURLToPath(new URL('../../../main.ts', import.meta.url));

interface TimerPlace {
  readonly directory: string;
  /** Before every verb of systemctl. */
  readonly manager: '--system' | '--user';
}

const placeOf = ({ surroundings }: CommandContext): TimerPlace => {
  if (process.getuid?.() === 0) return { directory: '/etc/systemd/system', manager: '--system' };
  const { env, home } = surroundings;
  const config = env.XDG_CONFIG_HOME?.startsWith('/') === true ? env.XDG_CONFIG_HOME : join(home, '.config');
  return { directory: join(config, 'systemd', 'user'), manager: '--user' };
};

/** Runs systemctl of this machine. @throws CliError `timer-systemctl-failed` with what it said */
const systemctl = async (context: CommandContext, { manager }: TimerPlace, ...words: string[]): Promise<string> => {
  const host = createLocalHost({ name: context.surroundings.machine, helper: currentHelper() });
  try {
    const { exitCode, stdout, stderr } = await host.run('systemctl "$@"', {
      args: [manager, '--no-pager', ...words],
      signal: context.signal,
    });
    if (exitCode === 0) return Buffer.from(stdout).toString('utf8');
    throw new CliError({
      kind: 'failed',
      code: 'timer-systemctl-failed',
      message: `systemctl ${manager} ${words.join(' ')} ended with ${exitCode}: ${stderr.trim()}`,
      hint:
        manager === '--user'
          ? 'systemd of your user does not run here: log in by other means than su or sudo, or run the timer as root'
          : 'is this machine run by systemd? else let cron call what the timer would',
    });
  } finally {
    await host.close();
  }
};

const filesOf = ({ directory }: TimerPlace, { name, service, timer }: TimerUnits): Map<string, string> =>
  new Map([
    [join(directory, `${name}.service`), service],
    [join(directory, `${name}.timer`), timer],
  ]);

/** @throws CliError `timer-unit-foreign` where a file is not as Tearless wrote it */
const checkOwn = (path: string): void => {
  if (!existsSync(path) || isOwnUnit(readFileSync(path, 'utf8'))) return;
  throw refusal({
    code: 'timer-unit-foreign',
    message: `${path} is not as Tearless wrote it`,
    subject: path,
    hint: 'somebody made or changed it: look at it, and move it away',
  });
};

/** A reader sees the old file or the new. @throws CliError `timer-unit-unwritable` */
const writeUnit = (path: string, text: string): void => {
  const beside = `${path}.tearless-${process.pid}`;
  try {
    writeFileSync(beside, text, { flag: 'wx', mode: 0o644 });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CliError({
      kind: 'denied',
      code: 'timer-unit-unwritable',
      message: `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      hint: 'mend the permissions of the directory',
      cause: error,
    });
  }
};

const keptVariables = ['XDG_STATE_HOME', 'XDG_CACHE_HOME', 'NODE_COMPILE_CACHE', 'PGPASSFILE', 'PGSERVICEFILE'];

/**
 * What a timer calls: this very program, with these words, and the environment that decides where it keeps things.
 * @throws CliError `store-password-exposed` where that environment holds a password: others can read a unit
 */
export const callOf = (
  context: CommandContext,
  words: readonly string[],
): Pick<TimerCommand, 'argv' | 'environment'> => {
  const { env, home } = context.surroundings;
  const kept = keptVariables.flatMap((name): [string, string][] =>
    env[name] === undefined ? [] : [[name, env[name]]],
  );
  const store = namedStore(context, 'the unit of a timer');
  if (store !== undefined) kept.push(['TEARLESS_STORE', store]);
  return {
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', main, ...words],
    environment: { HOME: home, ...Object.fromEntries(kept) },
  };
};

export interface TimerOutcome {
  readonly done: boolean;
  /** For people. */
  readonly words: string;
  readonly timer: string;
  readonly files: readonly string[];
}

const unchanged = 'nothing was changed';

/** Shows the units, asks, writes and starts them; units of ours that stand there are replaced. */
export const installTimer = async (
  context: CommandContext,
  command: TimerCommand,
  { yes }: { readonly yes: boolean },
): Promise<TimerOutcome> => {
  const place = placeOf(context);
  const units = renderTimerUnits(command);
  const files = filesOf(place, units);
  for (const path of files.keys()) checkOwn(path);
  const { output } = context;
  for (const [path, text] of files)
    for (const line of [
      `${output.errorStyle.good('+')} ${path}`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `    ${line}`),
    ])
      output.note(line);
  const timer = `${units.name}.timer`;
  const outcome = { timer, files: [...files.keys()] };
  if (!yes && !(await confirm(context, `Write and start ${timer}`)))
    return { done: false, words: unchanged, ...outcome };
  mkdirSync(place.directory, { recursive: true, mode: 0o755 });
  for (const [path, text] of files) writeUnit(path, text);
  await systemctl(context, place, 'daemon-reload');
  await systemctl(context, place, 'enable', timer);
  await systemctl(context, place, 'restart', timer);
  if (place.manager === '--user')
    output.note('it runs while you are logged in; `loginctl enable-linger` lets it run always');
  return { done: true, words: `${timer} is started`, ...outcome };
};

/** Stops the timer and removes its units; what it has started is finished. */
export const removeTimer = async (
  context: CommandContext,
  name: string,
  { yes }: { readonly yes: boolean },
): Promise<TimerOutcome> => {
  const place = placeOf(context);
  const timer = `${name}.timer`;
  const files = [timer, `${name}.service`]
    .map((file) => join(place.directory, file))
    .filter((path) => existsSync(path));
  const outcome = { timer, files };
  if (files.length === 0) return { done: false, words: `there is no ${timer}`, ...outcome };
  for (const path of files) checkOwn(path);
  for (const path of files) context.output.note(`${context.output.errorStyle.bad('-')} ${path}`);
  if (!yes && !(await confirm(context, `Stop and remove ${timer}`)))
    return { done: false, words: unchanged, ...outcome };
  if (files.some((path) => path.endsWith('.timer'))) await systemctl(context, place, 'disable', '--now', timer);
  for (const path of files) rmSync(path, { force: true });
  await systemctl(context, place, 'daemon-reload');
  return { done: true, words: `${timer} is stopped and removed`, ...outcome };
};
