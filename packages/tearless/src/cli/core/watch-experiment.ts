// A look at a running experiment out of the store: taken anew where there is new data for it, and kept; else the last one.
import { InstantReader } from '../../experiments/import/instant.ts';
import { loadMeasurements } from '../../experiments/load/load-measurements.ts';
import { addExperimentNote, experimentNotes } from '../../experiments/load/notes.ts';
import { checkPlan, fractionAt, leastStep, type WatchPlan } from '../../experiments/watch/levels.ts';
import { Look, lookNote } from '../../experiments/watch/look.ts';
import { newestSampleMs, takeLook } from '../../experiments/watch/take-look.ts';
import type { Store } from '../../store/store.ts';
import { CliError, usageError } from './cli-error.ts';

export interface Watched {
  readonly plan: WatchPlan;
  /** Undefined until a hundredth of the planned time has been measured. */
  readonly look: Look | undefined;
  /** 1, 2, 3, …; 0 before the first. */
  readonly number: number;
  readonly isNew: boolean;
  /** Data from then on makes the next look; undefined after the last. */
  readonly nextMs: number | undefined;
  readonly newestMs: number | undefined;
  /** The plan is no longer the one that earlier looks went by. */
  readonly planMoved: boolean;
}

const parseLook = (value: unknown, id: string): Look => {
  const parsed = Look.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CliError({
    kind: 'failed',
    code: 'experiment-look-unreadable',
    message: `a look at experiment ${id} cannot be read from the store`,
    subject: id,
    hint: 'a newer Tearless wrote it',
    cause: parsed.error,
  });
};

const readUntil = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const atMs = new InstantReader().read(text);
  if (Number.isNaN(atMs)) throw usageError(`--until ${text} is no time`, 'such as --until 2026-02-14T12:00:00Z');
  return atMs;
};

/** @throws ExperimentError `experiment-unknown`; DesignError `experiment-no-plan`, `experiment-no-control` */
export const watchExperiment = async (
  store: Store,
  id: string,
  options: { readonly until: string | undefined; readonly nowMs: () => number },
): Promise<Watched> => {
  const untilMs = readUntil(options.until);
  const measurements = await loadMeasurements(store, id);
  const { startMs, endMs } = measurements.info;
  const plan = checkPlan(id, startMs ?? measurements.snapshots[0], untilMs ?? endMs);
  const before = (await experimentNotes(store, id, lookNote)).map(({ value }) => parseLook(value, id));
  const taken = takeLook(measurements, plan, before);
  if (taken !== undefined)
    await addExperimentNote(store, id, {
      kind: lookNote,
      atMs: options.nowMs(),
      value: JSON.parse(JSON.stringify(taken)),
    });
  const look = taken ?? before.at(-1);
  const length = plan.endMs - plan.startMs;
  const nextFraction = Math.min(1, (look?.fraction ?? 0) + leastStep);
  return {
    plan,
    look,
    number: before.length + (taken === undefined ? 0 : 1),
    isNew: taken !== undefined,
    nextMs: look?.fraction === 1 ? undefined : plan.startMs + nextFraction * length,
    newestMs: newestSampleMs(measurements),
    planMoved: before.some((past) => Math.abs(fractionAt(plan, past.dataMs) - past.fraction) > 0.001),
  };
};
