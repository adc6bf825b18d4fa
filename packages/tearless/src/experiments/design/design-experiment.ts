// From what was seen of a fleet to an experiment: who takes part, in which blocks, who gets what, and what it can find. Pure.
import type { ExperimentText } from '../../config/edit-experiments.ts';
import type { ExperimentLayer } from '../../config/experiments.ts';
import { ArmConfig } from '../../config/schema.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { ArmText } from './arms.ts';
import { type AssignedBlock, assignBlock } from './assignment.ts';
import { type Balance, checkSameArms, describeBalance, type SameArmsCheck } from './balance.ts';
import { type BlockCandidate, formBlocks } from './blocks.ts';
import type { Candidate, Obstacle } from './candidate.ts';
import { DesignError } from './design-error.ts';
import { judgeEligibility } from './eligibility.ts';
import { findNetworkCosts, type NetworkCost } from './network-cost.ts';
import { estimateSpread, type PowerTable, tabulatePower } from './power.ts';
import { type PrePeriod, readPrePeriod } from './pre-period.ts';

export interface DesignWishes {
  readonly name: string;
  readonly arms: Readonly<Record<string, ArmText>>;
  readonly control: string;
  readonly seed: string;
  /** As written: `5m`. */
  readonly every: string;
  readonly days: number;
  /** As fractions: 0.1 is a tenth. */
  readonly effect: number;
  readonly power: number;
  /** As many as the fleet gives without it. */
  readonly relaysPerArm?: number;
  readonly title?: string;
  readonly hypothesis?: string;
  readonly template?: 'live-update-against-restart';
  readonly designedMs: number;
}

export interface DesignInput {
  readonly wishes: DesignWishes;
  /** Relays that were selected and seen. */
  readonly candidates: readonly Candidate[];
  readonly layers: ReadonlyMap<string, ExperimentLayer>;
  /** From samples collected before, where there are any. */
  readonly sampled: ReadonlyMap<string, PrePeriod>;
}

export interface ExperimentDesign {
  readonly name: string;
  /** As it shall stand in tearless.yaml. */
  readonly experiment: ExperimentText;
  readonly relaysPerArm: number;
  readonly obstacles: readonly Obstacle[];
  readonly notes: readonly Obstacle[];
  readonly balance: readonly Balance[];
  /** Undefined where nothing is known of how relays differ. */
  readonly power: PowerTable | undefined;
  readonly sameArms: SameArmsCheck | undefined;
  readonly costs: readonly NetworkCost[];
  /** Sentences that a person should read before the start. */
  readonly warnings: readonly string[];
}

/** Flags that decide what a relay does; the others come and go. */
const matchedFlags = ['Guard', 'Exit', 'HSDir', 'V2Dir', 'Fast', 'Stable'];

const strataOf = ({ relay, facts, flags }: Candidate): string[] => {
  const signature = flags === undefined ? '?' : matchedFlags.filter((flag) => flags.has(flag)).join(' ');
  const isExit = flags?.has('Exit') === true ? 'exit' : 'no exit';
  // From fine to coarse; what remains at the end is matched by memory and bandwidth alone.
  return [relay.host, signature, facts.torVersion ?? '?', isExit];
};

const toBlockCandidate = (candidate: Candidate, before: ReadonlyMap<string, PrePeriod>): BlockCandidate => {
  const { memoryBytes, bandwidth } = before.get(candidate.relay.id) ?? {};
  return {
    id: candidate.relay.id,
    strata: strataOf(candidate),
    ...(memoryBytes === undefined ? {} : { memory: memoryBytes }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
  };
};

const checkWishes = ({ arms, control, relaysPerArm }: DesignWishes): void => {
  if (arms[control] === undefined)
    throw new DesignError({
      kind: 'usage',
      code: 'experiment-control',
      message: `control '${control}' is none of the arms ${Object.keys(arms).join(', ')}`,
      hint: 'name one of them with --control',
    });
  if (relaysPerArm !== undefined && relaysPerArm < 2)
    throw new DesignError({
      kind: 'usage',
      code: 'experiment-relays-per-arm',
      message: 'one relay an arm tells nothing of what differs between relays',
      hint: 'five an arm are the fewest that give an interval',
    });
};

const refuseFew = (have: number, wanted: number, arms: number, obstacles: readonly Obstacle[]): never => {
  const left = new Set(obstacles.map(({ relay }) => relay)).size;
  throw new DesignError({
    kind: 'refused',
    code: 'experiment-too-few-relays',
    message: `${have} blocks of ${arms} like relays can be formed, ${wanted} are needed${left === 0 ? '' : `; ${left} relays are left out: ${obstacles.map(({ relay, reason }) => `${relay} ${reason}`).join('; ')}`}`,
    hint: 'mend what is left over on those relays, select more, or compare fewer arms',
  });
};

/** The fewest blocks that make an experiment at all. */
const fewestBlocks = 2;
/** The fewest relays an arm that a report gives an interval for. */
const fewestForInterval = 5;

const warn = (design: Omit<ExperimentDesign, 'warnings'>, hosts: number, layersKnown: boolean): string[] => {
  const warnings: string[] = [];
  const { relaysPerArm, power } = design;
  if (relaysPerArm < fewestForInterval)
    warnings.push(`${relaysPerArm} relays an arm: a report shows their figures one by one, and no interval`);
  if (power === undefined)
    warnings.push('nothing is known of how relays differ: it cannot be said what this experiment can find');
  else if (power.chance < power.power)
    warnings.push(
      `the chance to find a difference of ${percent(power.effect)} is ${percent(power.chance)}; these relays find ${percent(power.smallest)} or more in ${power.days} days`,
    );
  if (hosts === 1)
    warnings.push('all arms share one host, its kernel and its memory pressure: the result holds for it');
  if (!layersKnown) warnings.push('no relay could tell the consensus: relays are not matched by flags');
  const { falseShare = 0, draws = 0 } = design.sameArms ?? {};
  if (falseShare > 0.07)
    warnings.push(
      `in ${percent(falseShare)} of ${draws} drawn assignments arms seemed to differ before anything was done: a few relays are far from the rest, look at them`,
    );
  return warnings;
};

const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(2))} %`;

/**
 * @throws DesignError `experiment-too-few-relays`, `experiment-control`, `experiment-relays-per-arm`
 */
export const designExperiment = ({ wishes, candidates, layers, sampled }: DesignInput): ExperimentDesign => {
  checkWishes(wishes);
  const { name, arms, control, seed, every, days, effect, power, title, hypothesis, template } = wishes;
  const names = Object.keys(arms);
  const { eligible, obstacles, notes } = judgeEligibility(candidates, layers);
  const before = readPrePeriod(eligible, sampled);
  const { blocks, left } = formBlocks(
    eligible.map((candidate) => toBlockCandidate(candidate, before)),
    names.length,
    randomFromSeed(`${seed}/blocks`),
    wishes.relaysPerArm,
  );
  const wanted = wishes.relaysPerArm ?? fewestBlocks;
  if (blocks.length < wanted) refuseFew(blocks.length, wanted, names.length, obstacles);
  const assigned = blocks.map((block): AssignedBlock => assignBlock(block, names, seed));
  const relaysPerArm = blocks.length;
  const spread = estimateSpread([...before.values()]);
  const flagsOf = new Map(eligible.map(({ relay, flags }) => [relay.id, flags]));
  const seenFlags = matchedFlags.filter((flag) => [...flagsOf.values()].some((flags) => flags?.has(flag) === true));
  const balance = describeBalance(
    assigned,
    [
      { figure: 'memory', of: (relay) => before.get(relay)?.memoryBytes },
      { figure: 'bandwidth', of: (relay) => before.get(relay)?.bandwidth },
      ...seenFlags.map((flag) => ({
        figure: flag,
        of: (relay: string) => {
          const flags = flagsOf.get(relay);
          return flags === undefined ? undefined : Number(flags.has(flag));
        },
      })),
    ],
    seed,
  );
  const parsed = Object.fromEntries(Object.entries(arms).map(([arm, text]) => [arm, ArmConfig.parse(text)]));
  const unused = left.map(
    (relay): Obstacle => ({
      relay,
      code: 'no-block',
      reason: wishes.relaysPerArm === undefined ? 'too few like it are left to fill a block' : 'it was not drawn',
    }),
  );
  const design = {
    name,
    experiment: {
      ...(title === undefined ? {} : { title }),
      ...(hypothesis === undefined ? {} : { hypothesis }),
      ...(template === undefined ? {} : { template }),
      control,
      arms,
      blocks: assigned.map((block) => ({ ...block })),
      seed,
      every,
      days,
      effect: `${Number((effect * 100).toPrecision(6))}%`,
      designed: `${new Date(wishes.designedMs).toISOString().slice(0, 19)}Z`,
    },
    relaysPerArm,
    obstacles: [...obstacles, ...unused],
    notes,
    balance,
    power:
      spread === undefined
        ? undefined
        : tabulatePower(spread, { effect, power, days, arms: names.length, relaysPerArm }),
    sameArms: checkSameArms(blocks, names, control, (relay) => before.get(relay)?.memoryBytes, seed),
    costs: findNetworkCosts(parsed),
  };
  const taken = new Set(blocks.flat());
  const hosts = new Set(eligible.flatMap(({ relay }) => (taken.has(relay.id) ? [relay.host] : []))).size;
  const flagsKnown = eligible.some(({ flags }) => flags !== undefined);
  return { ...design, warnings: warn(design, hosts, flagsKnown) };
};
