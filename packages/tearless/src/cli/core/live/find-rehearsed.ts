// What a rehearsal is made for: a relay of the fleet with the build that it runs and its numbers, or both as they are given.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type LiveCensus, parseCensus } from '../../../live/rehearse/census.ts';
import { refusal, usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { openFleet } from '../fleet.ts';
import { findBuilds } from './find-builds.ts';
import { buildsFolder } from './live-options.ts';
import { lookAtRunning } from './look-at-running.ts';
import { takeLiveCensus } from './take-census.ts';

export interface RehearsedWish {
  readonly relay: string | undefined;
  readonly to: string;
  readonly from?: string;
  readonly census?: string;
  readonly builds?: string;
}

export interface Rehearsed {
  /** Directory of the build that runs. */
  readonly from: string;
  readonly census: LiveCensus | undefined;
}

const readCensus = ({ surroundings }: CommandContext, file: string): LiveCensus => {
  const path = resolve(surroundings.cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      '--census FILE',
    );
  }
  return parseCensus(text, path);
};

/** @throws CliError, LiveError, those of reaching the relay */
export const findRehearsed = async (context: CommandContext, wish: RehearsedWish): Promise<Rehearsed> => {
  const { relay, from } = wish;
  if (relay === undefined) {
    if (from === undefined) throw usageError('for which relay?', 'RELAY, or --from BUILD with --census FILE');
    return { from, census: wish.census === undefined ? undefined : readCensus(context, wish.census) };
  }
  if (from !== undefined || wish.census !== undefined)
    throw usageError('RELAY says what runs and how much it has at hand', 'leave out --from and --census');
  await using fleet = await openFleet(context);
  const { relays } = await lookAtRunning(fleet, [relay], context);
  const [seen] = relays;
  if (seen === undefined || relays.length > 1)
    throw usageError(`${relay} names ${relays.length} relays`, 'one twin is rehearsed at a time');
  const { running, trouble } = seen;
  if (running === undefined)
    throw refusal({
      code: 'live-not-running',
      message: `${seen.relay.id} cannot be rehearsed for: ${trouble ?? 'it does not run'}`,
      subject: seen.relay.id,
      hint: "'tearless live status' says what runs",
    });
  const build = findBuilds(buildsFolder(context, wish.builds, wish.to)).get(running.build);
  if (build === undefined)
    throw refusal({
      code: 'live-build-unknown',
      message: `the build that ${seen.relay.id} runs (${running.build.slice(0, 16)}…) is not among those at hand`,
      subject: seen.relay.id,
      hint: 'name their folder with --builds, or adopt it first',
    });
  const census = await takeLiveCensus(fleet.hosts.get(seen.relay.host), seen.relay.instance, context);
  return { from: build.directory, census };
};
