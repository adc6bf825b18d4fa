// A step between two builds tried on a twin: applied while it is quiet, then under load with streams of each kind held open, taken
// back, applied again. What goes wrong goes wrong there. Who makes the network ends it, whatever happens.
import { isDescribedError } from '../../base/error.ts';
import type { LiveBuild } from '../apply/live-build.ts';
import type { Rules } from '../rules/rules.ts';
import type { Streak } from '../streak/streak.ts';
import type { LiveCensus } from './census.ts';
import { findFailures, type PhaseResult, predictPauseUs, type StreamResult } from './judge.ts';
import type { PhaseName, RehearsalReport } from './report.ts';
import type { Filling, HeldThing, TwinNetwork } from './twin-network.ts';

export interface RehearsalWish {
  readonly former: LiveBuild;
  readonly next: LiveBuild;
  readonly rules: Rules | undefined;
  readonly rulesSha256: string | null;
  readonly census: LiveCensus | undefined;
  readonly network: TwinNetwork;
  /** Takes hold of the twin. */
  readonly begin: (pid: number) => Promise<Pick<Streak, 'forward' | 'back'>>;
  readonly at: string;
  readonly onPhase?: (doing: string) => void;
  /** How long a stream may bring nothing. */
  readonly stallMs?: number;
}

/** What a twin gets of a relay that nothing is known of. */
const usual: Filling = { circuits: 50, connections: 20, streams: 1 };
/** So often each stream must have moved after each transition: a window that is not opened again is felt late. */
const rounds = 3;
const defaultStallMs = 60_000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws what is no fault of the step: a network that does not come up, a bug */
export const rehearse = async (wish: RehearsalWish): Promise<RehearsalReport> => {
  const { network, former, next, rules, census, begin, onPhase = () => {}, stallMs = defaultStallMs } = wish;
  const { twin, bystander } = network;
  const phases: PhaseResult[] = [];
  const troubles: string[] = [];
  const streak = await begin(twin.pid);
  const transit = async (name: PhaseName, how: 'forward' | 'back'): Promise<void> => {
    onPhase(name);
    const { pauseUs, retries } = how === 'forward' ? await streak.forward(next, rules) : await streak.back();
    phases.push({ name, pauseUs, retries });
    const { version } = (how === 'forward' ? next : former).manifest;
    const said = await twin.version();
    // Behind it tor may say of which commit it was built.
    if (said !== version && !said.startsWith(`${version} `))
      throw new Error(`after ${name} the twin says that it is ${said}, not ${version}`);
  };
  let held: readonly HeldThing[] = [];
  let beside: readonly HeldThing[] = [];
  let reached: Filling = { circuits: 0, connections: 0, streams: 0 };
  const lost = new Map<HeldThing, string>();
  const move = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++)
      await Promise.all([...held, ...beside].map((thing) => watch(thing, lost, () => thing.moves(stallMs))));
  };
  try {
    await transit('quiet-apply', 'forward');
    await transit('quiet-rollback', 'back');
    onPhase('load');
    const wanted = fillingOf(census);
    [reached] = await Promise.all([twin.fill(wanted), bystander.fill(wanted)]);
    [held, beside] = await Promise.all([twin.hold(), bystander.hold()]);
    await move();
    await transit('apply', 'forward');
    await move();
    await transit('rollback', 'back');
    await move();
    await transit('apply-again', 'forward');
    await move();
    onPhase('a new stream');
    await twin.serves();
  } catch (error) {
    if (isDescribedError(error) && (error.kind === 'bug' || error.kind === 'interrupted')) throw error;
    troubles.push(reasonOf(error));
  }
  await Promise.all([...held, ...beside].map((thing) => watch(thing, lost, () => thing.finish())));
  const streams = held.map(({ kind }, index): StreamResult => {
    const other = beside.find((one) => one.kind === kind);
    const [trouble, besideTrouble] = [held[index], other].map((one) => (one === undefined ? undefined : lost.get(one)));
    return {
      kind,
      ...(trouble === undefined ? {} : { trouble }),
      ...(besideTrouble === undefined ? {} : { besideTrouble }),
    };
  });
  const failures = findFailures(streams, troubles);
  const side = ({ manifest: { version, buildId } }: LiveBuild) => ({ version, buildId });
  return {
    schema: 'tearless.live-rehearsal/v1',
    at: wish.at,
    from: side(former),
    to: side(next),
    rulesSha256: wish.rulesSha256,
    census: census ?? null,
    reached,
    phases,
    streams,
    predictedPauseUs: predictPauseUs(phases, { twin: reached.circuits, relay: census?.circuits ?? null }),
    passed: failures.length === 0,
    failures,
  };
};

/** The first that went wrong with it. */
const watch = async (thing: HeldThing, lost: Map<HeldThing, string>, act: () => Promise<void>): Promise<void> => {
  if (lost.has(thing)) return;
  try {
    await act();
  } catch (error) {
    lost.set(thing, reasonOf(error));
  }
};

const fillingOf = (census: LiveCensus | undefined): Filling => ({
  circuits: census?.circuits ?? usual.circuits,
  connections: census?.connections ?? usual.connections,
  streams: census?.streams ?? usual.streams,
});
