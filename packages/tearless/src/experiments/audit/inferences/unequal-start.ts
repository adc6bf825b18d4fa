// `unequal-start`: some arms were restarted when they began, others not, so that ages differ. Each arm is compared with
// control (or with all others) over the share of relays that were fresh at its start (Fisher's exact test). Arms that are
// restarted on a schedule have no common age and are not judged.
//
// A relay is fresh when its process started, or its peak memory dropped, within a day of the start. Where neither is
// known, when its memory grew by more than two thirds in the first day and far less in the next.
import { at } from '../../../stats/check.ts';
import { fisherExact } from '../../../stats/hypothesis/counts.ts';
import { median } from '../../../stats/series/select.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import type { ArmView, AuditView, Member } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { citeEvents } from '../cited-events.ts';
import { formatInstant, idsOf, iso, rounded } from '../wording.ts';

const freshMs = dayMs;
/** Memory below this share of the next day's tells a fresh process; above the other, an aged one. */
const freshLevel = 0.6;
const agedLevel = 0.75;

const valueNear = ({ curve: { atMs, values } }: Member, ms: number): number | undefined => {
  let best: number | undefined;
  for (let index = 0; index < atMs.length; index++)
    if (best === undefined || Math.abs(at(atMs, index) - ms) < Math.abs(at(atMs, best) - ms)) best = index;
  return best === undefined || Math.abs(at(atMs, best) - ms) > freshMs / 3 ? undefined : at(values, best);
};

const freshByGrowth = (member: Member, startMs: number): boolean | undefined => {
  const [start, day, nextDay] = [0, 1, 2].map((days) => valueNear(member, startMs + days * freshMs));
  if (start === undefined || day === undefined) return undefined;
  if (start >= agedLevel * day) return false;
  return nextDay !== undefined && start < freshLevel * day && day - start > 2 * (nextDay - day) ? true : undefined;
};

/** @returns undefined where it cannot be told */
const isFresh = ({ measurements }: AuditView, member: Member, startMs: number): boolean | undefined => {
  const samples = measurements.samples[member.index];
  if (samples === undefined || samples.atMs.length === 0) return undefined;
  if (member.restarts.some(({ atMs }) => Math.abs(atMs - startMs) <= freshMs)) return true;
  const started = samples.figures.get('startedMs');
  const place = samples.atMs.findIndex((ms) => ms >= startMs);
  const startedMs = place === -1 || started === undefined ? Number.NaN : at(started, place);
  if (Number.isFinite(startedMs)) return Math.abs(startedMs - startMs) <= freshMs;
  // Seen before without a drop of its peak since: the same process.
  if (at(samples.atMs, 0) < startMs - freshMs) return false;
  return freshByGrowth(member, startMs);
};

interface Share {
  readonly fresh: readonly Member[];
  readonly aged: readonly Member[];
}
const shareOf = (view: AuditView, members: readonly Member[], startMs: number): Share => {
  const told = members.map((member) => ({ member, fresh: isFresh(view, member, startMs) }));
  return {
    fresh: told.flatMap(({ member, fresh }) => (fresh === true ? member : [])),
    aged: told.flatMap(({ member, fresh }) => (fresh === false ? member : [])),
  };
};

const testArm = (view: AuditView, arm: ArmView): Test[] => {
  const { control } = view;
  if (arm.cycle !== undefined || arm.id === control?.id) return [];
  const isReference =
    control !== undefined && control.cycle === undefined
      ? (other: ArmView) => other === control
      : (other: ArmView) => other !== arm && other.cycle === undefined;
  const startMs = median(arm.members.map(({ own }) => at(own.atMs, 0)));
  const others = view.arms.filter((other) => isReference(other) && other.fromMs <= startMs + freshMs);
  const own = shareOf(view, arm.members, startMs);
  const reference = shareOf(
    view,
    others.flatMap(({ members }) => members),
    startMs,
  );
  const ownOf = own.fresh.length + own.aged.length;
  const referenceOf = reference.fresh.length + reference.aged.length;
  if (ownOf === 0 || referenceOf === 0) return [];
  const ownHits = { hits: own.fresh.length, of: ownOf };
  const referenceHits = { hits: reference.fresh.length, of: referenceOf };
  const p = Math.min(1, 2 * Math.min(fisherExact(ownHits, referenceHits), fisherExact(referenceHits, ownHits)));
  const cited = citeEvents(
    view,
    'start',
    startMs,
    own.fresh.map(({ index }) => index),
  );
  const versus = others.length === 1 ? `control arm ${others[0]?.id}` : 'the other arms';
  return [
    {
      p,
      find: (adjustedP) => ({
        code: 'unequal-start',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: idsOf(
          view,
          own.fresh.map(({ index }) => index),
        ),
        message: `${own.fresh.length} of ${ownOf} relays of arm ${arm.id} were freshly started at ${formatInstant(startMs)}, ${reference.fresh.length} of ${referenceOf} of ${versus}: their ages differ, and memory grows with age.${cited.message}`,
        evidence: {
          start: iso(startMs),
          fresh: own.fresh.length,
          of: ownOf,
          referenceArms: others.map(({ id }) => id),
          referenceFresh: reference.fresh.length,
          referenceOf,
          ...cited.evidence,
          p: rounded(p),
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      }),
    },
  ];
};

export const suspectUnequalStart: InferenceCheck = (view) => inquire(view.arms.flatMap((arm) => testArm(view, arm)));
