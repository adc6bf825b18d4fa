// Which relays can become a build while they run, which cannot and why, and what is done to those that can.
import { resolve } from 'node:path';
import type { ChangeItem } from '../../../change/plan.ts';
import { runPool } from '../../../change/pool.ts';
import type { Desired } from '../../../config/desired.ts';
import { findMissingImport } from '../../../live/apply/find-missing-import.ts';
import { findStaleRoom } from '../../../live/apply/find-stale-room.ts';
import { findUsedRoom } from '../../../live/apply/find-used-room.ts';
import type { ShippedFile } from '../../../live/apply/params.ts';
import { judgeUpdate } from '../../../live/apply/prepare-update.ts';
import { injectStepSpec, liveItem, type NamedBuild, placeSteps, versionGates } from '../../../live/apply/step-specs.ts';
import { listZeroMembers, type Rules } from '../../../live/rules/rules.ts';
import { earlierBuildsOf, isPending } from '../../../live/status/process-record.ts';
import type { Verdict } from '../../../live/verdict/reason.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { ensureInjector } from './ensure-injector.ts';
import { findBuilds, readNamedBuild } from './find-builds.ts';
import { buildsFolder, readKeyPath, readPauseUs } from './live-options.ts';
import { lookAtRunning, type RunningRelay } from './look-at-running.ts';
import { liveMeans, pinRules } from './means.ts';

export interface LiveWish {
  readonly relays: readonly string[];
  readonly to: string;
  readonly builds: string | undefined;
  readonly rules: string | undefined;
  readonly key: string | undefined;
  readonly maxPause: string;
}

interface RunBuilds {
  readonly from: NamedBuild;
  readonly program: NamedBuild;
  /** What it became since it was started, before what it runs; none where no rule takes room for zero. */
  readonly between: readonly NamedBuild[];
}

export interface JudgedRelay {
  readonly seen: RunningRelay;
  /** Undefined: it can be done. */
  readonly refused: string | undefined;
  /** The build whose code runs, and the one that the process was started from. */
  readonly builds: RunBuilds | undefined;
  readonly isThere: boolean;
}

const isAllowed = ({ verdict }: Verdict): boolean => verdict === 'code-only' || verdict === 'uses-reserve';

const judge = (
  seen: RunningRelay,
  to: NamedBuild,
  known: ReadonlyMap<string, NamedBuild>,
  rules: Rules | undefined,
  onCompare: (from: NamedBuild) => void,
): JudgedRelay => {
  const refuse = (refused: string): JudgedRelay => ({ seen, refused, builds: undefined, isThere: false });
  const { running, trouble, used } = seen;
  if (running === undefined) return refuse(trouble ?? 'it does not run');
  const pending = isPending(running.record);
  if (running.build === to.manifest.buildId && used === to.manifest.buildId && !pending)
    return { seen, refused: undefined, builds: undefined, isThere: true };
  const [from, program] = [known.get(running.build), known.get(running.program)];
  if (from === undefined || program === undefined)
    return refuse(
      `the build that it runs (${(from === undefined ? running.build : running.program).slice(0, 16)}…) is not among those at hand: name their folder with --builds, or adopt it first`,
    );
  // Who takes no room for zero need not have them at hand.
  const earlier = listZeroMembers(rules).length === 0 ? [] : earlierBuildsOf(running.program, running.record);
  const lost = earlier.find((id) => !known.has(id));
  if (lost !== undefined)
    return refuse(
      `a build that it ran before (${lost.slice(0, 16)}…) is not among those at hand, and objects of its time may live: name their folder with --builds`,
    );
  const between = earlier.flatMap((id) => (id === running.program ? [] : (known.get(id) ?? [])));
  const builds = { from, program, between };
  if (running.build === to.manifest.buildId) return { seen, refused: undefined, builds, isThere: false };
  onCompare(from);
  const next = liveMeans.readBuild(to.directory);
  const verdict = judgeUpdate(liveMeans.readBuild(from.directory), next, rules);
  if (isAllowed(verdict)) {
    const before = earlier.flatMap((id) => known.get(id)?.directory ?? []).map((path) => liveMeans.readBuild(path));
    const used = findUsedRoom(running.record, to.manifest.buildId, rules) ?? findStaleRoom(before, next, rules);
    return used === undefined ? { seen, refused: undefined, builds, isThere: false } : refuse(used);
  }
  const reasons = verdict.reasons.filter(({ weight }) => weight === verdict.verdict);
  const [first] = reasons;
  const more = reasons.length > 1 ? `, and ${reasons.length - 1} more` : '';
  const what = verdict.verdict === 'refuse' ? 'the verdict is a refusal' : 'the verdict needs a rule';
  return refuse(`${what}${first === undefined ? '' : `: ${first.subject}: ${first.detail}`}${more}`);
};

export interface JudgedRelays {
  readonly to: NamedBuild;
  readonly judged: readonly JudgedRelay[];
  readonly observation: FleetObservation;
  readonly rules: ShippedFile | null;
  readonly key: string;
  readonly injector: ShippedFile;
  readonly maxPauseUs: number;
}

/** @throws LiveError, CliError; what looking at hosts throws */
export const judgeRelays = async (fleet: ReadFleet, wish: LiveWish, context: CommandContext): Promise<JudgedRelays> => {
  const { surroundings, output } = context;
  // Programs are read whole and taken apart, and hosts asked, before there is anything to show.
  const tell = (line: string): void => {
    if (!output.json) output.note(line);
  };
  tell(`reads ${wish.to} and the builds beside it`);
  const to = readNamedBuild(resolve(surroundings.cwd, wish.to));
  const known = findBuilds(buildsFolder(context, wish.builds, wish.to));
  known.set(to.manifest.buildId, to);
  const rules = wish.rules === undefined ? null : pinRules(resolve(surroundings.cwd, wish.rules));
  const key = readKeyPath(context, wish.key);
  const maxPauseUs = readPauseUs(wish.maxPause);
  const injector = await ensureInjector(context);
  tell('looks at what the relays run');
  const { relays, observation } = await lookAtRunning(fleet, wish.relays, context);
  if (relays.length === 0) throw usageError('no relay is declared', "'tearless relay ls' shows them");
  const said = rules === null ? undefined : liveMeans.readRules(rules.path, rules.sha256);
  const compared = new Set<string>();
  const onCompare = ({ manifest: { buildId, version } }: NamedBuild): void => {
    if (!compared.has(buildId)) tell(`compares tor ${version} (${buildId.slice(0, 12)}) with ${wish.to}`);
    compared.add(buildId);
  };
  const judged = relays.map((seen) => judge(seen, to, known, said, onCompare));
  await runPool(
    judged.filter(isGoing),
    { itemsAtOnce: 32, itemsPerHost: 4 },
    ({ seen }) => seen.relay.host,
    async (one) => {
      const { seen, builds } = one;
      if (builds === undefined || seen.running === undefined) return;
      const [former, next] = [builds.from, to].map(({ directory }) => liveMeans.readBuild(directory));
      if (former === undefined || next === undefined) return;
      const on = { host: fleet.hosts.get(seen.relay.host), signal: context.signal };
      const missing = await findMissingImport(on, seen.relay.instance, seen.running, former, next);
      if (missing !== undefined) judged[judged.indexOf(one)] = { ...one, refused: missing, builds: undefined };
    },
  );
  return { to, judged, observation, rules, key, injector, maxPauseUs };
};

/** Those that can be updated and are not there yet. */
export const isGoing = ({ refused, isThere }: JudgedRelay): boolean => refused === undefined && !isThere;

export const liveItemOf = (
  { seen, builds }: JudgedRelay,
  { to, rules, key, injector, maxPauseUs }: JudgedRelays,
  { restart: { deadline } }: Desired,
): ChangeItem => {
  const { relay, instance, running } = seen;
  const formerVersion = builds?.from.manifest.version ?? to.manifest.version;
  const changes = formerVersion !== to.manifest.version;
  const published = changes && instance.fingerprint !== undefined;
  const steps = [
    ...placeSteps(relay.instance, to, { key, injector }),
    ...(builds === undefined || running === undefined
      ? []
      : [
          injectStepSpec({
            ...builds,
            to,
            rules,
            inject: { instance: relay.instance, key, injector, maxPauseUs },
          }),
        ]),
  ];
  return liveItem(
    relay,
    steps,
    versionGates(relay.instance, to.manifest.version, published, deadline),
    versionGates(relay.instance, formerVersion, false, deadline),
  );
};
