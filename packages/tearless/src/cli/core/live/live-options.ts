// Options that commands of live updates share, and what they mean.
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseSerial, toCount } from '../../../change/batches.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { statePaths } from '../state-paths.ts';

/** The key that `live key make` makes. */
export const ownKey = ({ surroundings }: CommandContext): string =>
  join(statePaths(surroundings).directory, 'live', 'signing_ed25519');

/** @throws CliError `cli-usage` where there is no such file, or something else */
export const readKeyPath = (context: CommandContext, named: string | undefined): string => {
  const path = named === undefined ? ownKey(context) : resolve(context.surroundings.cwd, named);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return path;
  const none = named === undefined ? 'there is no key yet to sign live updates with' : `there is no key ${path}`;
  throw usageError(
    found === undefined ? none : `${path} is no key, but a ${found.isDirectory() ? 'folder' : 'device or pipe'}`,
    "'tearless live key make' makes one; --key FILE names another, or the .pub file of one that an agent holds",
  );
};

/** `20ms`, as microseconds. @throws CliError `cli-usage` */
export const readPauseUs = (text: string): number => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? [];
  const perUnit = { us: 1, ms: 1_000, s: 1_000_000 }[unit ?? ''] ?? Number.NaN;
  const us = Math.round(Number(amount) * perUnit);
  if (us >= 1 && us <= 10_000_000) return us;
  throw usageError(`--max-pause ${text} is no time that a relay may stand still`, 'such as --max-pause 20ms');
};

/** Items in batches of these sizes, the last of which repeats. */
export const inBatches = (ids: readonly string[], serial: string): string[][] => {
  const sizes = parseSerial(serial).map((size) => toCount(size, ids.length));
  const batches: string[][] = [];
  for (let from = 0; from < ids.length; ) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)] ?? 1;
    batches.push(ids.slice(from, from + size));
    from += size;
  }
  return batches;
};

/** Where the builds lie that run now: beside the one that is asked for, unless it is said. */
export const buildsFolder = (context: CommandContext, named: string | undefined, to: string): string =>
  named === undefined ? dirname(resolve(context.surroundings.cwd, to)) : resolve(context.surroundings.cwd, named);

/** `20260109-140211`: plans sort by time. */
export const planIdAt = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
