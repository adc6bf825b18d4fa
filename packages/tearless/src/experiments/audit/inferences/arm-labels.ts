// `arm-changed`, from the arms that rows name: they change, begin late, or begin before the arm was added. Rows say so
// outright, so no chance is reckoned with: p is 0.
import { at } from '../../../stats/check.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { noArm } from '../../model/measurements.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import type { Test } from '../check.ts';
import { citeEvents } from '../cited-events.ts';
import { count, formatInstant, idsOf, iso, listed } from '../wording.ts';
import { changesOf, mostShown } from './column-changes.ts';

/** Rows of one relay that name one arm and later another. */
export const testLabels = (view: AuditView): Test[] => {
  const { samples, relays, info } = view.measurements;
  const changes = samples.flatMap((own, place) => changesOf(own, own.arm, place, noArm));
  if (changes.length === 0) return [];
  const places = [...new Set(changes.map(({ place }) => place))];
  const cited = citeEvents(view, 'arm', changes[0]?.atMs ?? 0, places);
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
    )}.${cited.message}`,
    evidence: {
      changes: changes.slice(0, mostShown).map(({ place, from, to, atMs }) => ({
        relay: relays[place]?.id ?? '',
        at: iso(atMs),
        from: nameOf(from),
        to: nameOf(to),
      })),
      count: changes.length,
      ...cited.evidence,
    },
    exclusions: [],
  });
  return [{ p: 0, find }];
};

/** Relays that were measured before their rows named the arm, unless all arms' rows begin to do so together. */
export const testLateLabels = (view: AuditView): Test[] => {
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
    const cited = citeEvents(
      view,
      'arm',
      labelledMs,
      relays.map(({ index }) => index),
    );
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
          message: `${count(relays.length, 'relay')} came to arm ${arm.id} during the run: measured before without an arm, labelled from ${formatInstant(labelledMs)} on${stated}. What they measured before belongs to no arm.${cited.message}`,
          evidence: {
            relays: relays.length,
            firstLabelled: iso(labelledMs),
            added: addedMs === undefined ? null : iso(addedMs),
            ...cited.evidence,
          },
          exclusions: [],
        }),
      },
    ];
  });
};

/** Rows that name an arm before the arm was added. */
export const testEarlyLabels = (view: AuditView, arm: ArmView): Test[] => {
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
