// The end of an experiment as a list of what had to be done, each ticked from what proves it: journal entries, hashes, facts. Pure.
import { z } from 'zod';
import { renderSize } from '../../change/batches.ts';
import { isFinalOutcome, type RunOutcome } from '../../change/event.ts';
import type { JournalEntry } from '../../change/fold.ts';
import type { Plan } from '../../change/plan.ts';
import type { Leaving } from './leaving.ts';
import { countAllocators, type VerifiedRelay } from './verify-relays.ts';

export const ChecklistLine = z.object({
  id: z.string(),
  title: z.string(),
  /** `none`: there was nothing to do, and it says why. */
  state: z.enum(['done', 'open', 'none']),
  evidence: z.array(z.string()),
});
export type ChecklistLine = z.infer<typeof ChecklistLine>;

/** A run of the conclusion with its journal. */
export interface ConclusionRun {
  readonly run: string;
  readonly plan: Plan;
  readonly entries: readonly JournalEntry[];
  readonly outcome: RunOutcome | undefined;
}

export interface FinalCollection {
  readonly hosts: readonly { readonly host: string; readonly atMs: number; readonly relays: number }[];
  readonly gaps: readonly string[];
}

export interface Archived {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  readonly manifestSha256: string;
  /** What the retention list asks for and is not there. */
  readonly missing: readonly string[];
  readonly charts: readonly string[];
  readonly backups: readonly string[];
}

export interface Baseline {
  readonly dueMs: number;
  readonly taken?: { readonly atMs: number; readonly summary: readonly string[] };
}

export interface ChecklistInput {
  readonly experiment: string;
  readonly collection: FinalCollection;
  readonly archive: Archived;
  /** As found and chosen before the first run. */
  readonly leavings: readonly Leaving[];
  readonly runs: readonly ConclusionRun[];
  readonly verified: readonly VerifiedRelay[];
  readonly wrongCounts: readonly string[];
  readonly failedUnits: readonly string[];
  readonly isMonitoringWanted: boolean;
  readonly monitored: readonly string[];
  readonly unmonitored: readonly string[];
  /** What is still found on the hosts and was to go. */
  readonly stillThere: readonly string[];
  readonly baseline: Baseline | undefined;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

interface ProvedStep {
  readonly run: string;
  readonly item: string;
  readonly step: string;
  readonly kind: string;
  readonly atMs: number;
}

/** Steps that were verified and never taken back. */
const provedSteps = (runs: readonly ConclusionRun[]): ProvedStep[] =>
  runs.flatMap(({ run, plan, entries }) => {
    const kinds = new Map(
      plan.items.flatMap(({ id, steps }) => steps.map((step) => [`${id} ${step.id}`, step.kind] as const)),
    );
    const proved = new Map<string, ProvedStep>();
    for (const { event, atMs } of entries) {
      if (event.kind === 'step.verified')
        proved.set(`${event.item} ${event.step}`, {
          run,
          item: event.item,
          step: event.step,
          kind: kinds.get(`${event.item} ${event.step}`) ?? '',
          atMs,
        });
      if (event.kind === 'undo.step-done') proved.delete(`${event.item} ${event.step}`);
    }
    return [...proved.values()];
  });

const show = ({ run, item, step, atMs }: ProvedStep): string => `run ${run}: ${item} ${step}, proved ${iso(atMs)}`;

const isUnder = (kind: Leaving['action']['kind']) => (leaving: Leaving) => leaving.action.kind === kind;

const describeKept = (leavings: readonly Leaving[]): string[] =>
  leavings
    .filter(({ verdict }) => verdict !== 'remove')
    .map(
      ({ id, verdict, evidence }) =>
        `not touched: ${id} (${verdict === 'leave' ? 'as wished' : verdict}): ${evidence[0] ?? ''}`,
    );

const removalLine = (
  id: string,
  title: string,
  leavings: readonly Leaving[],
  steps: readonly ProvedStep[],
  stillThere: readonly string[],
): ChecklistLine => {
  const going = leavings.filter(({ verdict }) => verdict === 'remove');
  const left = going
    .filter((leaving) => stillThere.includes(leaving.id))
    .map((leaving) => `still there: ${leaving.id}`);
  const evidence = [...left, ...steps.map(show), ...describeKept(leavings)];
  if (going.length === 0)
    return { id, title, state: 'none', evidence: evidence.length === 0 ? ['nothing of the kind was found'] : evidence };
  return {
    id,
    title,
    state: left.length === 0 ? 'done' : 'open',
    evidence: [`${going.length - left.length} of ${going.length} are gone, as the hosts say`, ...evidence],
  };
};

const monitoringLine = ({ isMonitoringWanted, monitored, unmonitored }: ChecklistInput): ChecklistLine => ({
  id: 'monitoring',
  title: 'A daily line on memory in the journal of every host',
  state: !isMonitoringWanted && monitored.length === 0 ? 'none' : unmonitored.length === 0 ? 'done' : 'open',
  evidence: [
    ...unmonitored.map((host) => (isMonitoringWanted ? `not on ${host}` : `not on ${host}, as wished`)),
    ...monitored.map((host) => `${host}: tearless-memory-summary.timer; journalctl -t tearless-memory shows it`),
  ],
});

export const buildChecklist = (input: ChecklistInput): ChecklistLine[] => {
  const { collection, archive, leavings, runs, verified, stillThere, baseline } = input;
  const steps = provedSteps(runs);
  const of = (...kinds: readonly Leaving['action']['kind'][]) =>
    leavings.filter((each) => kinds.some((kind) => isUnder(kind)(each)));
  const wrong = verified.filter(({ isRight }) => !isRight);
  const restarts = steps.filter(({ kind }) => kind === 'tor.restart');
  // What an earlier run took back, a later one may have done.
  const unfinished = runs.filter(({ outcome }, index) =>
    index === runs.length - 1 ? outcome !== 'done' : !isFinalOutcome(outcome),
  );
  const isHost = ({ item }: ProvedStep): boolean => item.endsWith('/(experiment)');
  const options = of('option');
  return [
    {
      id: 'final-collection',
      title: 'Final measurements of every relay, at one instant a host',
      state: collection.gaps.length === 0 && collection.hosts.length > 0 ? 'done' : 'open',
      evidence: [
        ...collection.hosts.map(({ host, atMs, relays }) => `${host}: ${relays} relays at ${iso(atMs)}`),
        ...collection.gaps.map((gap) => `missing: ${gap}`),
      ],
    },
    {
      id: 'final-charts',
      title: 'Final report and charts',
      state: archive.charts.length > 0 ? 'done' : 'open',
      evidence: archive.charts.map((path) => `${archive.directory}/${path}`),
    },
    {
      id: 'archive',
      title: 'Data archived, complete by the retention list, read back',
      state: archive.missing.length === 0 ? 'done' : 'open',
      evidence: [
        ...archive.missing.map((path) => `missing: ${path}`),
        `${archive.directory}: ${archive.files} files, ${archive.bytes} bytes; each was read back and has its hash`,
        `manifest.json names them with their hashes; sha256 over the archived data: ${archive.manifestSha256}`,
      ],
    },
    {
      id: 'backup',
      title: 'Every file that changes is kept, outside /tmp, read back',
      state: 'done',
      evidence:
        archive.backups.length === 0
          ? ['no file that stood there changes']
          : [
              `${archive.backups.length} files under ${archive.directory}/backup`,
              'and in the journals of this machine and of each host',
            ],
    },
    removalLine(
      'timers',
      'Restart timers stopped, disabled and removed',
      of('timer', 'unit-file'),
      steps.filter((step) => isHost(step) && step.kind !== 'cron.cut'),
      stillThere,
    ),
    removalLine(
      'cron',
      'Jobs of cron removed',
      of('cron'),
      steps.filter(({ kind }) => kind === 'cron.cut'),
      stillThere,
    ),
    removalLine(
      'drop-ins',
      'Allocator settings of the experiment removed from systemd',
      of('drop-in'),
      steps.filter(({ step }) => step.startsWith('leaving-')),
      stillThere,
    ),
    removalLine(
      'torrc',
      'torrc options of the experiment removed, where tor reads them',
      options.filter(({ origin }) => origin === 'experiment'),
      steps.filter(
        ({ step, item }) =>
          step === 'torrc' && options.some(({ relay, origin }) => relay === item && origin === 'experiment'),
      ),
      stillThere,
    ),
    removalLine(
      'earlier',
      'Settings of earlier experiments looked for',
      options.filter(({ origin }) => origin === 'earlier'),
      steps.filter(
        ({ step, item }) =>
          step === 'torrc' && options.some(({ relay, origin }) => relay === item && origin === 'earlier'),
      ),
      stillThere,
    ),
    ...(of('package').length === 0
      ? []
      : [
          removalLine(
            'packages',
            'Packages that only the experiment needed, as before',
            of('package'),
            steps.filter(({ item }) => item.endsWith('/(packages)')),
            stillThere,
          ),
        ]),
    {
      id: 'target',
      title: 'The target applied, in batches, behind gates',
      state: unfinished.length === 0 && input.wrongCounts.length === 0 ? 'done' : 'open',
      evidence: [
        ...input.wrongCounts,
        ...runs.map(({ run, plan, outcome }) => `run ${run}: ${renderSize(plan)}: ${outcome ?? 'not finished'}`),
        ...restarts.map(show),
      ],
    },
    {
      id: 'verified',
      title: `All ${verified.length} relays verified: what each process has mapped, and what its next start would load`,
      state: wrong.length === 0 && verified.length > 0 ? 'done' : 'open',
      evidence: [
        countAllocators(verified),
        ...wrong.map(({ relay, evidence }) => `wrong: ${relay}: ${evidence}`),
        ...verified
          .filter(({ isRight }) => isRight)
          .map(({ relay, allocator, evidence }) => `${relay} ${allocator}: ${evidence}`),
      ],
    },
    {
      id: 'health',
      title: 'All relays run, no unit has failed',
      state: input.failedUnits.length === 0 ? 'done' : 'open',
      evidence:
        input.failedUnits.length === 0 ? [`${verified.length} of ${verified.length} run`] : [...input.failedUnits],
    },
    monitoringLine(input),
    baseline === undefined
      ? { id: 'baseline', title: 'Baseline after the change', state: 'none', evidence: ['not asked for'] }
      : {
          id: 'baseline',
          title: 'Baseline after the change',
          state: baseline.taken === undefined ? 'open' : 'done',
          evidence:
            baseline.taken === undefined
              ? [`due ${iso(baseline.dueMs)}`]
              : [`taken ${iso(baseline.taken.atMs)}, due ${iso(baseline.dueMs)}`, ...baseline.taken.summary],
        },
    {
      id: 'rollback',
      title: 'The way back',
      state: runs.length === 0 ? 'none' : 'done',
      evidence:
        runs.length === 0
          ? ['nothing was changed']
          : [
              `tearless experiment conclude ${input.experiment} --undo takes it back whole, the configuration too`,
              ...[...runs].reverse().map(({ run }) => `or run by run: tearless run undo ${run}`),
            ],
    },
  ];
};
