// `dependent-samples`: repeated samples of one relay taken as independent. The design effect says how many times too
// small the variance of an arm's mean then comes out: 1 + (samples per relay - 1) * intraclass correlation (Kish, 1965).
import { at } from '../../../stats/check.ts';
import { cutOwn } from '../../analysis/own-series.ts';
import type { ArmView } from '../audit-view.ts';
import type { DirectCheck } from '../check.ts';

interface DesignEffect {
  readonly arm: string;
  readonly effect: number;
  readonly samplesPerRelay: number;
  readonly correlation: number;
}

/**
 * One-way analysis of variance over relays, in the last half of the arm's time: growth after a start would pass for
 * spread within relays. Undefined with fewer than two relays or samples each.
 */
const designEffectOf = ({ id, members, fromMs, toMs }: ArmView): DesignEffect | undefined => {
  const groups = members
    .map(({ own }) => ({ own: cutOwn(own, { fromMs: (fromMs + toMs) / 2, toMs }) }))
    .filter(({ own }) => own.values.length >= 2);
  const relays = groups.length;
  let samples = 0;
  let squaredSizes = 0;
  let total = 0;
  const means = groups.map(({ own: { values } }) => {
    let sum = 0;
    for (let index = 0; index < values.length; index++) sum += at(values, index);
    samples += values.length;
    squaredSizes += values.length ** 2;
    total += sum;
    return sum / values.length;
  });
  if (relays < 2 || samples === relays) return undefined;
  const grand = total / samples;
  let between = 0;
  let within = 0;
  for (const [group, { own }] of groups.entries()) {
    const mean = at(means, group);
    between += own.values.length * (mean - grand) ** 2;
    for (let index = 0; index < own.values.length; index++) within += (at(own.values, index) - mean) ** 2;
  }
  const size = (samples - squaredSizes / samples) / (relays - 1);
  const betweenSquare = between / (relays - 1);
  const withinSquare = within / (samples - relays);
  if (betweenSquare + (size - 1) * withinSquare === 0) return undefined;
  const correlation = Math.max(0, (betweenSquare - withinSquare) / (betweenSquare + (size - 1) * withinSquare));
  const samplesPerRelay = samples / relays;
  return { arm: id, effect: 1 + (samplesPerRelay - 1) * correlation, samplesPerRelay, correlation };
};

const renderRange = (...ends: readonly number[]): string =>
  [...new Set(ends.map((end) => end.toFixed(1)))].join(' to ');

export const findDependentSamples: DirectCheck = ({ arms, conclusion }) => {
  const takenApart =
    conclusion?.unit === 'relay' || conclusion?.method === 'time-weighted' || conclusion?.method === 'snapshot';
  if (takenApart && conclusion?.unit !== 'sample') return [];
  const effects = arms.flatMap((arm) => designEffectOf(arm) ?? []).filter(({ effect }) => effect > 1);
  if (effects.length === 0) return [];
  const sorted = effects.map(({ effect }) => effect).sort((a, b) => a - b);
  const [least = 1, most = 1] = [sorted[0], sorted.at(-1)];
  const taken =
    conclusion === undefined
      ? 'The report takes the relay as the unit; whoever takes samples for it'
      : 'The conclusion takes samples for independent and';
  return [
    {
      code: 'dependent-samples',
      kind: 'method',
      severity: conclusion === undefined ? 'info' : 'warning',
      relays: [],
      message: `Samples of one relay resemble one another: design effects of ${renderRange(least, most)}. ${taken} makes intervals ${renderRange(Math.sqrt(least), Math.sqrt(most))} times too narrow.`,
      evidence: {
        designEffects: Object.fromEntries(effects.map(({ arm, effect }) => [arm, Number(effect.toFixed(2))])),
        correlations: Object.fromEntries(effects.map(({ arm, correlation }) => [arm, Number(correlation.toFixed(3))])),
        samplesPerRelay: Object.fromEntries(
          effects.map(({ arm, samplesPerRelay }) => [arm, Number(samplesPerRelay.toFixed(1))]),
        ),
      },
      exclusions: [],
    },
  ];
};
