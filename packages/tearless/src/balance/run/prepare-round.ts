// What a round for a period would be now: which points where, and what descriptors say beside. Pure.
import type { Random } from '../../stats/random/random.ts';
import { chooseLayout, type LayoutOptions } from '../choose/choose-layout.ts';
import type { Directory } from '../model/directory.ts';
import type { Layout, NoLayoutReason, Policy, SetAside } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { agreeTraits, type Declared, frameOf, type Traits } from '../publish/content.ts';
import { digestRound } from './due.ts';
import type { Roster } from './roster.ts';

export interface PrepareOptions {
  readonly directories: readonly Directory[];
  readonly roster: Pick<Roster, 'points' | 'learntOf'>;
  readonly policy: Policy;
  readonly declared: Declared;
  readonly rotation: number;
  /** What stands for the period. */
  readonly previous: Layout | undefined;
  /** Workers that stand in what was published last. */
  readonly standing: ReadonlySet<string>;
  readonly random: Random;
  readonly maxBytes: number;
}

export interface PreparedRound {
  readonly kind: 'prepared';
  readonly layout: Layout;
  readonly points: readonly WorkerPoints[];
  readonly traits: Traits;
  readonly setAside: readonly SetAside[];
  readonly digest: string;
  /** No worker is in: these are the ones that stood before. */
  readonly isAllOut: boolean;
}

export type Preparation =
  | PreparedRound
  | { readonly kind: 'none'; readonly reason: NoLayoutReason; readonly setAside: readonly SetAside[] };

/** When all workers are out the last good ones stay: descriptors that lead to some that may come back, rather than none. */
export const prepareRound = (options: PrepareOptions): Preparation => {
  const { roster, declared, standing } = options;
  const known = roster.points();
  const choose = (points: readonly WorkerPoints[]) => chooseLayout({ ...layoutOptions(options), points });
  const choice = choose(known);
  const isAllOut = choice.kind === 'none' && (choice.reason === 'all-out' || choice.reason === 'no-points');
  const points = isAllOut ? known.map((one) => asBefore(one, standing)) : known;
  const chosen = isAllOut ? choose(points) : choice;
  // Why there is nothing is what the first choice says.
  if (chosen.kind === 'none') return choice.kind === 'none' ? choice : chosen;
  const { layout, setAside } = chosen;
  const workers = new Set([...layout.chosen.values()].flatMap((refs) => refs.map(({ worker }) => worker)));
  const traits = agreeTraits(roster.learntOf(workers));
  return {
    kind: 'prepared',
    layout,
    points,
    traits,
    setAside,
    digest: digestRound(layout, traits, declared),
    isAllOut,
  };
};

const layoutOptions = (options: PrepareOptions): Omit<LayoutOptions, 'points'> => {
  const { directories, policy, rotation, previous, random, maxBytes, declared } = options;
  return { directories, policy, round: rotation, previous, random, maxBytes, frame: frameOf(declared) };
};

const asBefore = (points: WorkerPoints, standing: ReadonlySet<string>): WorkerPoints =>
  standing.has(points.worker.id) ? { ...points, worker: { ...points.worker, state: 'in' } } : points;
