// What a look comes to, in words: stop for harm, may conclude, or continue. Harm comes first: a guardrail outranks a win.
import type { Look, WatchedArm, WatchedOutcome } from './look.ts';

export const method =
  'Lan–DeMets alpha spending after O’Brien and Fleming over the planned time; Welch on the log ratio of relays’ means at the level of each look, the 5 % shared evenly among arms and, with a template, its outcomes (Welch on the difference); guardrails one-sided, Holm within an arm, their own 5 % shared among looks by time and among arms';

const namesOf = (arms: readonly WatchedArm[]): string => arms.map(({ id }) => id).join(', ');

/** By memory where there is no template, else by all that the template looks at. */
const isTold = ({ id, toldApart }: WatchedArm, outcomes: readonly WatchedOutcome[]): boolean =>
  outcomes.length === 0
    ? toldApart
    : outcomes.every(({ arms }) => arms.find(({ arm }) => arm === id)?.toldApart === true);

const toldOf = (arms: readonly WatchedArm[], outcomes: readonly WatchedOutcome[]): string =>
  arms
    .map(({ id, ratio }) => {
      if (outcomes.length > 0) return `${id} in ${outcomes.map(({ title }) => title).join('; ')}`;
      return ratio === null ? id : `${id} at ${ratio.toFixed(2)} of its memory`;
    })
    .join(', ');

const percent = (fraction: number): string => `${Math.round(fraction * 100)} %`;

export const adviseOn = ({
  arms,
  outcomes,
  fraction,
}: Pick<Look, 'arms' | 'outcomes' | 'fraction'>): Pick<Look, 'advice' | 'sentences'> => {
  const harmed = arms.flatMap((arm) =>
    arm.guardrails.filter(({ broken }) => broken).map(({ name, message }) => ({ arm: arm.id, name, message })),
  );
  if (harmed.length > 0) {
    const ids = [...new Set(harmed.map(({ arm }) => arm))].join(', ');
    return {
      advice: 'stop-for-harm',
      sentences: [
        `Stop for harm: a guardrail is broken in ${ids}. Conclude the experiment without these arms as target, or take them back.`,
        ...harmed.map(({ arm, name, message }) => `${arm}, ${name}: ${message}`),
      ],
    };
  }
  const mind = arms.flatMap((arm) =>
    arm.guardrails
      .filter(({ adjustedP }) => adjustedP < 0.05)
      .map(
        ({ name, message }) =>
          `To mind, in ${arm.id}, ${name}: ${message}; below 5 % at this look alone, not with all looks.`,
      ),
  );
  const told = arms.filter((arm) => isTold(arm, outcomes));
  const open = arms.filter((arm) => !isTold(arm, outcomes));
  if (open.length === 0)
    return {
      advice: 'may-conclude',
      sentences: [`May conclude: every arm is told apart from control, ${toldOf(told, outcomes)}.`, ...mind],
    };
  const apart = told.length === 0 ? [] : [`Told apart from control already: ${toldOf(told, outcomes)}.`];
  if (fraction >= 1)
    return {
      advice: 'may-conclude',
      sentences: [
        'May conclude: the planned time is over.',
        ...apart,
        `Not told apart from control: ${namesOf(open)}.`,
        ...mind,
      ],
    };
  return {
    advice: 'continue',
    sentences: [
      `Continue: ${percent(fraction)} of the planned time has passed.`,
      ...apart,
      `Not told apart yet: ${namesOf(open)}.`,
      ...mind,
    ],
  };
};
