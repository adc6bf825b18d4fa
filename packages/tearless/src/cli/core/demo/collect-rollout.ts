// The values of the report on a change under traffic, from what the demo saw. Pure.
import type { TrafficRecord } from '@tearless/lab/traffic/record.ts';
import type { Rollout, RolloutRelay, RolloutRequest, RolloutRestart } from '../../../report/rollout.ts';
import type { Span } from '../../../report/span.ts';
import type { FleetReading } from './hand.ts';
import type { Restart } from './restarts.ts';

export interface RolloutSources {
  readonly span: Span;
  readonly phases: Rollout['phases'];
  readonly restarts: readonly Restart[];
  readonly records: readonly TrafficRecord[];
  readonly before: FleetReading;
  readonly after: FleetReading;
  /** After the way back: as young as those before it, on the former allocator. */
  readonly back: FleetReading;
  /** By relay. */
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly proofs: Rollout['proofs'];
  readonly streams: { readonly opened: number; readonly cut: number };
}

const overlaps = (record: TrafficRecord, { fromMs, toMs }: Span): boolean =>
  record.startMs <= toMs && record.endMs >= fromMs;

const describeRestart = (restart: Restart, { records, fingerprints, span }: RolloutSources): RolloutRestart => {
  const window = { fromMs: restart.fromMs, toMs: restart.toMs ?? span.toMs };
  const during = records.filter((record) => record.outcome !== 'not-counted' && overlaps(record, window));
  const requests = during.filter(({ form }) => form === 'request');
  const through = (record: TrafficRecord) => record.fleetRelays.includes(fingerprints.get(restart.relay) ?? '');
  return {
    ...window,
    relay: restart.relay,
    why: restart.why,
    requestsDuring: requests.length,
    requestsFailed: requests.filter(({ outcome }) => outcome === 'failed').length,
    streamsCut: during.filter(
      (record) => record.form === 'download' && record.outcome === 'cut-by-planned-restart' && through(record),
    ).length,
    ...(restart.gatesPassedMs === undefined ? {} : { gatesPassedAfterMs: restart.gatesPassedMs - restart.fromMs }),
  };
};

/** A restart that loads an allocator says which; one that goes back leads to what was there before it. */
const statesOf = (relay: string, { before, restarts, span }: RolloutSources): RolloutRelay['states'] => {
  const states: { fromMs: number; toMs: number; allocator: string }[] = [];
  const history = [before.allocators.get(relay) ?? 'unknown'];
  let fromMs = span.fromMs;
  for (const restart of restarts.filter((candidate) => candidate.relay === relay)) {
    const current = history.at(-1) ?? 'unknown';
    states.push({ fromMs, toMs: restart.fromMs, allocator: current });
    fromMs = restart.fromMs;
    const loads = /^loads (\S+)/.exec(restart.why)?.[1];
    // The library that vanished left glibc in place.
    if (loads !== undefined) history.push(loads === 'vanishing' ? 'glibc' : loads);
    else history.pop();
  }
  states.push({ fromMs, toMs: span.toMs, allocator: history.at(-1) ?? 'unknown' });
  return states;
};

export const collectRollout = (sources: RolloutSources): Rollout => ({
  title: 'A fleet changes its allocator while traffic flows',
  lead: 'Eight relays of a private Tor network went from glibc to mimalloc and jemalloc, one change was broken on purpose, and everything went back, while requests to an onion service and through exits ran with a relay of the fleet in every circuit.',
  span: sources.span,
  phases: sources.phases,
  relays: [...sources.fingerprints.keys()].map((id) => ({
    id,
    states: statesOf(id, sources),
    restarts: sources.restarts
      .filter(({ relay }) => relay === id)
      .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? sources.span.toMs })),
    memoryBeforeBytes: sources.before.bytes.get(id) ?? 0,
    memoryAfterBytes: sources.after.bytes.get(id) ?? 0,
    memoryBackBytes: sources.back.bytes.get(id) ?? 0,
  })),
  requests: sources.records
    .filter(({ form, outcome }) => form === 'request' && outcome !== 'not-counted' && outcome !== 'stopped')
    .map(
      ({ startMs, endMs, outcome, attempts }): RolloutRequest => ({
        atMs: startMs,
        latencyMs: endMs - startMs,
        outcome: outcome === 'failed' ? 'failed' : attempts.length > 1 ? 'retried' : 'ok',
      }),
    ),
  restarts: sources.restarts.map((restart) => describeRestart(restart, sources)),
  streams: sources.streams,
  proofs: sources.proofs,
});
