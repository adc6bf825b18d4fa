// `arm-changed`: relays changed arm or treatment during the run, or rows are labelled before the treatment was active.
// What rows or proofs say outright needs no chance: p is 0. A treatment that becomes active only later is told by a
// restart of most of an arm's relays at one time, long after its start, in which control has no part (Fisher's exact test).
import { at } from '../../../stats/check.ts';
import { fisherExact } from '../../../stats/hypothesis/counts.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { noArm, noProof, type RelaySamples } from '../../model/measurements.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { count, formatInstant, idsOf, iso, listed, rounded } from '../wording.ts';

interface Change {
  readonly place: number;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

/** Changes of a column of small numbers; `none` counts as a value only where `keepNone` says so. */
const changesOf = (samples: RelaySamples, column: Uint16Array, place: number, none?: number): Change[] => {
  const changes: Change[] = [];
  let known: number | undefined;
  for (let index = 0; index < column.length; index++) {
    const value = at(column, index);
    if (value === none) continue;
    if (known !== undefined && value !== known)
      changes.push({ place, atMs: at(samples.atMs, index), from: known, to: value });
    known = value;
  }
  return changes;
};

const mostShown = 50;

/** Rows of one relay that name one arm and later another. */
const testLabels = (view: AuditView): Test[] => {
  const { samples, relays, info } = view.measurements;
  const changes = samples.flatMap((own, place) => changesOf(own, own.arm, place, noArm));
  if (changes.length === 0) return [];
  const places = [...new Set(changes.map(({ place }) => place))];
  const nameOf = (arm: number): string => info.arms[arm]?.id ?? '?';
  const find = (): ReturnType<Test['find']> => ({
    code: 'arm-changed',
    kind: 'inference',
    severity: 'warning',
    relays: idsOf(view, places),
    message: `${count(places.length, 'relay')} change arm during the run: ${listed(
      changes.map(
        ({ place, from, to, atMs }) =>
          `${relays[place]?.id ?? ''} from ${nameOf(from)} to ${nameOf(to)} at ${formatInstant(atMs)}`,
      ),
      3,
    )}.`,
    evidence: {
      changes: changes.slice(0, mostShown).map(({ place, from, to, atMs }) => ({
        relay: relays[place]?.id ?? '',
        at: iso(atMs),
        from: nameOf(from),
        to: nameOf(to),
      })),
      count: changes.length,
    },
    exclusions: [],
  });
  return [{ p: 0, find }];
};

/** Samples of one relay that prove different allocators. */
const testProofs = (view: AuditView, arm: ArmView): Test[] => {
  const { samples, proofs } = view.measurements;
  const changed = arm.members.flatMap(({ index, own }) => {
    const all = samples[index];
    const firstMs = own.atMs[0] ?? Infinity;
    return all === undefined
      ? []
      : changesOf(all, all.proof, index, noProof).filter(
          ({ atMs, from, to }) => atMs > firstMs && proofs[from]?.allocator !== proofs[to]?.allocator,
        );
  });
  if (changed.length === 0) return [];
  const places = new Set(changed.map(({ place }) => place));
  const words = [
    ...new Set(changed.map(({ from, to }) => `${proofs[from]?.allocator ?? ''} to ${proofs[to]?.allocator ?? ''}`)),
  ];
  const find = (): ReturnType<Test['find']> => ({
    code: 'arm-changed',
    kind: 'inference',
    severity: 'warning',
    arm: arm.id,
    relays: idsOf(view, places),
    message: `The allocator that ${count(places.size, 'relay')} of arm ${arm.id} had loaded changed during the run: ${words.join(', ')}.`,
    evidence: {
      changes: changed.slice(0, mostShown).map(({ place, atMs, from, to }) => ({
        relay: view.measurements.relays[place]?.id ?? '',
        at: iso(atMs),
        from: proofs[from]?.allocator ?? '',
        to: proofs[to]?.allocator ?? '',
      })),
    },
    exclusions: [],
  });
  return [{ p: 0, find }];
};

/** Relays that were measured before their rows named the arm, unless all arms' rows begin to do so together. */
const testLateLabels = (view: AuditView): Test[] => {
  const { samples } = view.measurements;
  const firstOf = (place: number, index: number): number | undefined => {
    const own = samples[place];
    const first = own?.arm.indexOf(index) ?? -1;
    return own === undefined || first <= 0 ? undefined : at(own.atMs, first);
  };
  const late = view.arms.map((arm) => ({
    arm,
    relays: arm.members.flatMap(({ index }) => {
      const labelledMs = firstOf(index, arm.index);
      return labelledMs === undefined ? [] : [{ index, labelledMs }];
    }),
  }));
  // All arms unlabelled at first: an older form of the files without the column, no change of treatment.
  if (late.every(({ relays }) => relays.length > 0)) return [];
  return late.flatMap(({ arm, relays }): Test[] => {
    const [first] = relays;
    if (first === undefined) return [];
    const labelledMs = Math.min(...relays.map((relay) => relay.labelledMs));
    const { addedMs } = arm.arm;
    const stated = addedMs === undefined ? '' : `; the arm is stated to have been added at ${formatInstant(addedMs)}`;
    // A date without a time leaves a day open, and the next sample may be late.
    const slackMs = dayMs + 2 * (view.everyMs ?? 0);
    const asStated = addedMs !== undefined && labelledMs >= addedMs && labelledMs <= addedMs + slackMs;
    return [
      {
        p: 0,
        find: () => ({
          code: 'arm-changed',
          kind: 'inference',
          severity: asStated ? 'info' : 'warning',
          arm: arm.id,
          relays: idsOf(
            view,
            relays.map(({ index }) => index),
          ),
          message: `${count(relays.length, 'relay')} came to arm ${arm.id} during the run: measured before without an arm, labelled from ${formatInstant(labelledMs)} on${stated}. What they measured before belongs to no arm.`,
          evidence: {
            relays: relays.length,
            firstLabelled: iso(labelledMs),
            added: addedMs === undefined ? null : iso(addedMs),
          },
          exclusions: [],
        }),
      },
    ];
  });
};

/** Rows that name an arm before the arm was added. */
const testEarlyLabels = (view: AuditView, arm: ArmView): Test[] => {
  const { addedMs } = arm.arm;
  if (addedMs === undefined) return [];
  let rows = 0;
  const early = arm.members.flatMap(({ index }) => {
    const own = view.measurements.samples[index];
    let before = 0;
    if (own !== undefined)
      for (let place = 0; place < own.atMs.length && at(own.atMs, place) < addedMs; place++)
        if (at(own.arm, place) === arm.index) before += 1;
    rows += before;
    return before > 0 ? index : [];
  });
  if (rows === 0) return [];
  return [
    {
      p: 0,
      find: () => ({
        code: 'arm-changed',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: idsOf(view, early),
        message: `${count(rows, 'row')} of ${count(early.length, 'relay')} carry arm ${arm.id} before it was added at ${formatInstant(addedMs)}: their treatment was not active yet.`,
        evidence: { rows, added: iso(addedMs) },
        exclusions: [],
      }),
    },
  ];
};

/** The day within which most of an arm's relays restarted, later than a day after its start. */
const testLateActivation = (view: AuditView, arm: ArmView): Test[] => {
  const { control } = view;
  if (arm.cycle !== undefined || control === undefined || control.cycle !== undefined || arm === control) return [];
  const restarts = arm.members
    .flatMap(({ index, own, restarts }) =>
      restarts.flatMap(({ atMs, afterMs }) => (afterMs > (own.atMs[0] ?? Infinity) + dayMs ? [{ index, atMs }] : [])),
    )
    .sort((a, b) => a.atMs - b.atMs);
  const within = (fromMs: number, list: readonly { readonly index: number; readonly atMs: number }[]): Set<number> =>
    new Set(list.flatMap(({ index, atMs }) => (atMs >= fromMs && atMs <= fromMs + dayMs ? index : [])));
  const best = restarts
    .map(({ atMs }) => ({ fromMs: atMs, relays: within(atMs, restarts) }))
    .reduce<{ fromMs: number; relays: Set<number> } | undefined>(
      (a, b) => (a !== undefined && a.relays.size >= b.relays.size ? a : b),
      undefined,
    );
  if (best === undefined || 2 * best.relays.size <= arm.members.length) return [];
  const restartedOf = (arms: readonly ArmView[]): { hits: number; of: number } => {
    const members = arms.flatMap((other) => other.members);
    const all = members.flatMap(({ index, restarts }) => restarts.map(({ atMs }) => ({ index, atMs })));
    return { hits: within(best.fromMs, all).size, of: members.length };
  };
  const own = { hits: best.relays.size, of: arm.members.length };
  const others = restartedOf([control]);
  const rest = restartedOf(view.arms.filter((other) => other !== arm && other.cycle === undefined));
  const days = Math.max(1, Math.ceil((arm.toMs - arm.fromMs) / dayMs));
  // Control alone, or all others: several arms may have been treated late together.
  const p = 2 * Math.min(fisherExact(own, others), fisherExact(own, rest));
  return [
    {
      // Any of its days might have been the one.
      p: Math.min(1, p * days),
      find: (adjustedP) => ({
        code: 'arm-changed',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: idsOf(view, best.relays),
        message: `${best.relays.size} of ${arm.members.length} relays of arm ${arm.id} restarted within a day of ${formatInstant(best.fromMs)}, ${others.hits} of ${others.of} of control: a treatment that needs a restart was not active in rows before, although they are labelled from ${formatInstant(arm.fromMs)} on.`,
        evidence: {
          restarted: best.relays.size,
          of: arm.members.length,
          from: iso(best.fromMs),
          controlRestarted: others.hits,
          othersRestarted: rest.hits,
          others: rest.of,
          labelledFrom: iso(arm.fromMs),
          days,
          p: rounded(Math.min(1, p)),
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      }),
    },
  ];
};

export const suspectChangedArms: InferenceCheck = (view) =>
  inquire([
    ...testLabels(view),
    ...testLateLabels(view),
    ...view.arms.flatMap((arm) => [
      ...testProofs(view, arm),
      ...testEarlyLabels(view, arm),
      ...testLateActivation(view, arm),
    ]),
  ]);
