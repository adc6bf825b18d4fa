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

const describeDrift = (desired: Desired, seen: readonly SeenRelay[]): Warning[] =>
  findDrift(desired, seen)
    .filter(({ severity }) => severity === 'warning')
    .map(({ code, message, subject }) => ({ code, message, subjects: [subject] }));

const findFamilies = (seen: readonly SeenRelay[]): Warning[] =>
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
  readonly seen: readonly SeenRelay[];
  readonly schedule: Schedule;
  readonly networkIsKnown: boolean;
  readonly restarts: number;
}

export const planWarnings = ({ desired, seen, schedule, networkIsKnown, restarts }: WarningsInput): Warning[] => [
  ...describeDrift(desired, seen),
  ...(networkIsKnown || restarts === 0 ? [] : [unknownNetwork]),
  ...describeSchedule(schedule),
  ...findFamilies(seen),
];
