// What a person should know before saying yes, besides the steps and their cost. Pure.
import type { Warning } from '../change/plan.ts';
import type { Desired } from '../config/desired.ts';
import { findFamilyProblems } from '../daemon/family.ts';
import type { Schedule } from '../daemon/schedule.ts';
import { findDrift } from './drift.ts';
import type { SeenRelay } from './fleet-observation.ts';

const unknownNetwork: Warning = {
  code: 'network-unknown',
  message: 'no relay could tell what the consensus says: flags that are lost and shares of the network are not known',
  subjects: [],
};

const describeSchedule = ({ later, tooHeavy }: Schedule): Warning[] => [
  ...later.map(({ afterHours, ids }) => ({
    code: 'hsdir-loss-spread',
    message: `${ids.length} more would lose HSDir: left for a run in ${afterHours} h, or now with --accept-hsdir-loss`,
    subjects: [...ids],
  })),
  ...(tooHeavy.length === 0
    ? []
    : [
        {
          code: 'heavy-relay',
          message: 'each of these alone is more of the network than may be down at once',
          subjects: [...tooHeavy],
        },
      ]),
];

/** What the plan itself mends is no news. */
const describeDrift = (desired: Desired, seen: readonly SeenRelay[], mended: ReadonlySet<string>): Warning[] =>
  findDrift(desired, seen)
    .filter(({ severity, subject }) => severity === 'warning' && !mended.has(subject))
    .map(({ code, message, subject }) => ({ code, message, subjects: [subject] }));

/** Relays of one operator that clients would not know as one family. */
export const findFamilies = (seen: readonly SeenRelay[]): Warning[] =>
  findFamilyProblems(
    seen.flatMap(({ relay, instance }) =>
      instance.fingerprint === undefined
        ? []
        : [
            {
              id: relay.id,
              fingerprint: instance.fingerprint,
              torrc: instance.torrc,
              ...(instance.nickname === undefined ? {} : { nickname: instance.nickname }),
            },
          ],
    ),
  );

export interface WarningsInput {
  readonly desired: Desired;
  /** The relays that the plan may change. */
  readonly seen: readonly SeenRelay[];
  /** Every relay of the operator that was seen: a family is of all of them, also when few change. */
  readonly family: readonly SeenRelay[];
  /** Relays and hosts that the plan changes, or that it names as left for later. */
  readonly mended: ReadonlySet<string>;
  readonly schedule: Schedule;
  readonly networkIsKnown: boolean;
  readonly restarts: number;
}

export const planWarnings = ({
  desired,
  seen,
  family,
  mended,
  schedule,
  networkIsKnown,
  restarts,
}: WarningsInput): Warning[] => [
  ...describeDrift(desired, seen, mended),
  ...(networkIsKnown || restarts === 0 ? [] : [unknownNetwork]),
  ...describeSchedule(schedule),
  ...findFamilies(family).filter(({ subjects }) => seen.some(({ relay }) => subjects.includes(relay.id))),
];
