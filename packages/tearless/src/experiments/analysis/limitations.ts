// Why a figure of an arm is missing or to be read with care, in sentences.
import type { ArmFigures } from '../../report/experiment/experiment-report.ts';
import { formatAlone, plural } from '../../report/experiment/figures.ts';
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { growsOn } from './arm-warm-up.ts';
import type { ChosenExclusions } from './exclusions.ts';
import type { RelayFigures } from './relay-figures.ts';
import type { ArmRelay, ArmWindow } from './window.ts';
import { formatNames, formatSpan } from './words.ts';

export interface ArmCase {
  readonly relays: readonly ArmRelay[];
  readonly window: ArmWindow | undefined;
  readonly figures: readonly RelayFigures[];
  readonly asAssigned: ArmFigures;
  readonly clean: ArmFigures;
  readonly isControl: boolean;
  readonly hasControl: boolean;
}

const names = (relays: readonly { readonly relay: string }[]): string => formatNames(relays.map(({ relay }) => relay));

const ofSamples = ({ relays, window, figures }: ArmCase): (string | undefined)[] => {
  if (relays.length === 0) return ['No relay belongs to this arm.'];
  if (window === undefined) return ['No relay of this arm has a sample of its memory under its treatment.'];
  if (figures.length === 0) return ['No relay of this arm has a sample in the window.'];
  const measured = new Set(figures.map(({ relay }) => relay));
  const absent = relays.filter(({ id }) => !measured.has(id)).map(({ id }) => ({ relay: id }));
  const longestMs = Math.max(...figures.map(({ coveredMs }) => coveredMs));
  const single = figures.filter(({ samples }) => samples === 1);
  const partly = figures.filter(({ samples, coveredMs }) => samples > 1 && coveredMs < longestMs / 2);
  const foreign = relays.reduce((sum, { series }) => sum + series.foreign, 0);
  return [
    window.why === undefined ? undefined : `Its figures are of its own window: ${window.why}.`,
    absent.length === 0 ? undefined : `No sample in the window: ${names(absent)}.`,
    single.length === 0
      ? undefined
      : `A single sample in the window, so an instant instead of a mean, and no growth: ${names(single)}.`,
    partly.length === 0 ? undefined : `Measured for less than half as long as others of the arm: ${names(partly)}.`,
    foreign === 0
      ? undefined
      : `${plural(foreign, 'sample')} left out, taken before its rows name the arm or while they name another.`,
    figures.some(({ binned }) => binned)
      ? 'Growth is estimated on medians of 512 equal bins of time, because relays have more than 1,024 samples.'
      : undefined,
  ];
};

const ofRelays = ({ asAssigned, clean, hasControl, isControl }: ArmCase): (string | undefined)[] => {
  const sets = [asAssigned, clean];
  const tooFew = sets.some(({ relays }) => relays > 0 && relays < fewestRelays);
  const isSkewed = ({ rssBytes, versusControl }: ArmFigures): boolean =>
    rssBytes?.bootstrapT !== undefined || versusControl?.difference.bootstrapT !== undefined;
  const impossible = sets.some(
    ({ rssBytes, versusControl }) => rssBytes?.bootstrapT === null || versusControl?.difference.bootstrapT === null,
  )
    ? '; where none stands, it would reach below zero'
    : '';
  const which = isSkewed(clean) ? 'The' : 'As assigned, the';
  const untested =
    !isControl && hasControl && !tooFew && asAssigned.relays > 0 && asAssigned.versusControl?.adjustedP === null;
  return [
    tooFew ? 'Fewer than five relays: their values are given, but no interval and no p value.' : undefined,
    clean.relays === 0 && asAssigned.relays > 0
      ? 'Every relay of this arm is excluded: there are no clean figures.'
      : undefined,
    sets.some(isSkewed)
      ? `${which} figures of relays are skewed (above 1, here or in control), and the t interval may cover less than it says: read the bootstrap-t interval beside it${impossible}.`
      : undefined,
    untested ? 'No p value: control has fewer than five relays, or no block holds relays of both.' : undefined,
  ];
};

const ofGrowth = ({ window, clean, asAssigned }: ArmCase): (string | undefined)[] => {
  const slope = clean.slopeBytesPerDay ?? asAssigned.slopeBytesPerDay ?? null;
  if (window?.cycle !== undefined)
    return [
      `Its relays are restarted every ${formatSpan(window.cycle.periodMs)}: memory is a sawtooth, so a single instant says little, and growth is that from cycle to cycle.`,
    ];
  const mean = (clean.rssBytes ?? asAssigned.rssBytes)?.mean;
  if (slope?.low === null || slope?.low === undefined || mean === undefined) return [];
  return !growsOn({ mean: slope.mean, low: slope.low }, mean)
    ? []
    : [`It still grows, by ${formatAlone(slope.mean)} a day a relay: its mean depends on when one looks.`];
};

const ofSuspicion = ({ figures }: ArmCase, { suspected }: ChosenExclusions): string | undefined => {
  const relays = figures.filter(({ relay }) => suspected.has(relay));
  return relays.length === 0
    ? undefined
    : `Stand apart by their memory but stay in, because no cause independent of memory speaks against them: ${names(relays)}.`;
};

export const armLimitations = (arm: ArmCase, exclusions: ChosenExclusions): string[] =>
  [...ofSamples(arm), ...ofRelays(arm), ...ofGrowth(arm), ofSuspicion(arm, exclusions)].filter(
    (sentence) => sentence !== undefined,
  );
