// `arm-changed`, from restarts: a treatment that becomes active only later is told by a restart of most of an arm's relays at
// one time, long after its start, in which control has no part (Fisher's exact test).
import { fisherExact } from '../../../stats/hypothesis/counts.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import type { Test } from '../check.ts';
import { citeEvents } from '../cited-events.ts';
import { formatInstant, idsOf, iso, rounded } from '../wording.ts';

/** The day within which most of an arm's relays restarted, later than a day after its start. */
export const testLateActivation = (view: AuditView, arm: ArmView): Test[] => {
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
  const cited = citeEvents(view, 'arm', best.fromMs, best.relays);
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
        message: `${best.relays.size} of ${arm.members.length} relays of arm ${arm.id} restarted within a day of ${formatInstant(best.fromMs)}, ${others.hits} of ${others.of} of control: a treatment that needs a restart was not active in rows before, although they are labelled from ${formatInstant(arm.fromMs)} on.${cited.message}`,
        evidence: {
          restarted: best.relays.size,
          of: arm.members.length,
          from: iso(best.fromMs),
          controlRestarted: others.hits,
          othersRestarted: rest.hits,
          others: rest.of,
          labelledFrom: iso(arm.fromMs),
          days,
          ...cited.evidence,
          p: rounded(Math.min(1, p)),
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      }),
    },
  ];
};
