// `tor.listed-running`: a consensus that the authorities voted on after the restart lists the relay with Running. An
// authority that finds nothing new in a descriptor but time and uptime takes it and goes on listing the former one for two
// hours (tor's router_differences_are_cosmetic), so the listed descriptor alone does not tell: what counts is that they
// voted after this process published.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { z } from 'zod';
import type { GateKind, GateReading, StepContext } from '../../change/step.ts';
import { withControl } from '../control.ts';
import { readNetworkView } from '../network-view.ts';
import { hasAcceptedDescriptor, readOwnDescriptor } from '../own-descriptor.ts';
import { Instance } from '../params.ts';
import { readInstanceState } from '../process.ts';
import type { NetworkView } from '../weight.ts';
import { orWaiting, passed, readByControl, renderTime, waiting } from './reading.ts';

const Params = z.object({
  instance: Instance,
  /** Other instances of the same host that may have a newer consensus. */
  viewInstances: z.array(Instance),
  /** `any`: any consensus that lists it Running will do. */
  publishedAfter: z.enum(['restart', 'any']),
});
type Params = z.output<typeof Params>;

interface OwnSight {
  readonly fingerprint: string;
  readonly digest: string;
  readonly publishedMs: number;
  readonly accepted: boolean;
}

const readOwnSight = async (controller: Controller): Promise<OwnSight | GateReading> => {
  const own = await readOwnDescriptor(controller);
  if (own === undefined) return waiting('tor has not made its descriptor yet');
  const { fingerprint, digest, publishedMs } = own;
  return { fingerprint, digest, publishedMs, accepted: await hasAcceptedDescriptor(controller) };
};

interface KnownView {
  readonly view: NetworkView;
  readonly readMs: number;
}

/**
 * A consensus of the public network has megabytes and changes once an hour, and an instance keeps its two flavours at
 * different ages: it is read again when a sixtieth of its time is over, once a minute there and at once in a lab.
 */
const views = new WeakMap<object, Map<string, KnownView>>();

const readView = async (context: StepContext, instance: string): Promise<NetworkView> => {
  const known = views.get(context.host) ?? new Map<string, KnownView>();
  views.set(context.host, known);
  const before = known.get(instance);
  const nowMs = context.clock.now();
  if (before !== undefined) {
    const { freshUntilMs, validAfterMs } = before.view;
    if (nowMs - before.readMs < (freshUntilMs - validAfterMs) / 60) return before.view;
  }
  const view = await withControl(context, instance, readNetworkView);
  known.set(instance, { view, readMs: nowMs });
  return view;
};

/** The newest consensus among those of the instances that answer; the instance's own when none of the others does. */
const readNewestView = async (
  context: StepContext,
  instance: string,
  others: readonly string[],
): Promise<NetworkView> => {
  const own = readView(context, instance);
  const read = await Promise.allSettled([own, ...others.map((other) => readView(context, other))]);
  const found = read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const newest = found.sort((a, b) => b.validAfterMs - a.validAfterMs)[0];
  return newest ?? (await own);
};

const judge = (
  view: NetworkView,
  own: OwnSight,
  startMs: number,
  publishedAfter: Params['publishedAfter'],
): GateReading => {
  const entry = view.relays.get(own.fingerprint);
  const consensus = `the consensus of ${renderTime(view.validAfterMs)}`;
  const evidence = {
    fingerprint: own.fingerprint,
    validAfter: new Date(view.validAfterMs).toISOString(),
    voted: new Date(view.votedMs).toISOString(),
    flags: entry === undefined ? [] : [...entry.flags],
    listedDigest: entry?.descriptorDigest ?? null,
    ownDigest: own.digest,
  };
  if (entry === undefined) return waiting(`${consensus} does not list the relay`, evidence);
  if (!entry.flags.has('Running')) return waiting(`${consensus} lists the relay without Running`, evidence);
  const newDescriptor =
    entry.descriptorDigest === own.digest || (entry.publishedMs !== undefined && entry.publishedMs >= startMs - 1_000);
  if (newDescriptor) return passed(`${consensus} lists the descriptor that it published since it started`, evidence);
  if (publishedAfter === 'any') return passed(`${consensus} lists the relay Running`, evidence);
  if (view.votedMs < own.publishedMs) return waiting(`${consensus} was voted on before the relay published`, evidence);
  if (!own.accepted) return waiting('no authority has accepted the descriptor yet', evidence);
  return passed(`${consensus} lists the relay Running; the accepted descriptor says nothing new`, evidence);
};

export const listedRunningGate: GateKind<Params> = {
  kind: 'tor.listed-running',
  params: Params,
  read: async (context, { instance, viewInstances, publishedAfter }) => {
    const { process: main, unit } = await readInstanceState(context, instance);
    if (main === undefined) return waiting(`${unit.unit} has no process`);
    // One control connection after the other, never one inside another: a host grants few at a time, and relays that
    // each hold one while they wait for a second would wait for ever.
    const own = await readByControl(context, instance, readOwnSight);
    if ('state' in own) return own;
    const view = await orWaiting(instance, () => readNewestView(context, instance, viewInstances));
    return 'state' in view ? view : judge(view, own, main.startMs, publishedAfter);
  },
};
