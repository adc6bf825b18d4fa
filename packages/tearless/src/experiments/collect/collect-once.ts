// One collection: every host is asked once, all relays of a host are of one instant; what answered is kept, what did not is
// a recorded gap. Where samples go is the caller's: see SampleStore.
import type { Clock } from '../../base/clock.ts';
import { type DescribedError, isDescribedError } from '../../base/error.ts';
import { runPool } from '../../change/pool.ts';
import { readSample } from '../../facts/sample/read-sample.ts';
import type { Host } from '../../host/host.ts';
import type { RecordedGap } from '../model/measurements.ts';
import { type CollectedRelay, toCollectedRelay, type VersionOf } from './collected-relay.ts';

/** What a collection of samples is called in the store, and whose samples it takes. */
export interface CollectionTarget {
  readonly id: string;
  /** `HOST/INSTANCE`, with the arm that the relay is in. */
  readonly relays: ReadonlyMap<string, string | undefined>;
}

export interface TargetRelay extends CollectedRelay {
  readonly arm?: string;
}

/** Keeps samples. */
export interface SampleStore {
  /** @returns false when that instant of the host was there already, and nothing changed */
  append(target: string, host: string, atMs: number, relays: readonly TargetRelay[]): Promise<boolean>;
  recordGap(target: string, gap: RecordedGap): Promise<void>;
}

export interface CollectedHost {
  readonly host: string;
  /** By the host's clock. */
  readonly atMs: number;
  /** How far the host's clock is ahead of ours, as far as the round trip lets it be known. */
  readonly skewMs: number;
  readonly tookMs: number;
  /** Those that a target wants, by id. */
  readonly relays: readonly CollectedRelay[];
  /** Wanted, and not running; their instances' names. */
  readonly stopped: readonly string[];
  /** Wanted, and ended or started at that very moment, so that they could not be read. */
  readonly unread: readonly string[];
  /** Relays whose MetricsPort did not tell, and why. */
  readonly silent: readonly { readonly instance: string; readonly reason: string }[];
}

export interface Collection {
  /** When the hosts were to be asked, by our clock. */
  readonly plannedMs: number;
  readonly hosts: readonly CollectedHost[];
  readonly gaps: readonly { readonly host: string; readonly error: DescribedError }[];
}

export interface CollectOptions {
  readonly targets: readonly CollectionTarget[];
  readonly hostOf: (name: string) => Host;
  readonly store: SampleStore;
  readonly versionOf: VersionOf;
  readonly clock: Clock;
  readonly plannedMs: number;
  readonly signal: AbortSignal;
  /** Longest that a host may take. */
  readonly timeoutMs: number;
}

/** Hosts asked at once. */
const side = { itemsAtOnce: 32, itemsPerHost: 1 };

const splitId = (id: string): [host: string, instance: string] => {
  const at = id.indexOf('/');
  return [id.slice(0, at), id.slice(at + 1)];
};

const askHost = async (
  name: string,
  wanted: ReadonlySet<string>,
  { hostOf, versionOf, clock, signal, timeoutMs }: CollectOptions,
): Promise<CollectedHost> => {
  const askedMs = clock.now();
  const sample = await readSample(hostOf(name), { signal, timeoutMs });
  const tookMs = clock.now() - askedMs;
  const seen = new Set([...sample.relays.map(({ instance }) => instance), ...sample.unread]);
  const relays = sample.relays.filter(({ instance }) => wanted.has(`${name}/${instance}`));
  return {
    host: name,
    atMs: sample.atMs,
    skewMs: Math.round(sample.atMs - (askedMs + tookMs / 2)),
    tookMs,
    relays: relays.map((relay) => toCollectedRelay(name, relay, versionOf)),
    stopped: [...wanted].map((id) => splitId(id)[1]).filter((instance) => !seen.has(instance)),
    unread: sample.unread.filter((instance) => wanted.has(`${name}/${instance}`)),
    silent: relays.flatMap(({ instance, metricsProblem }) =>
      metricsProblem === undefined ? [] : [{ instance, reason: metricsProblem }],
    ),
  };
};

/**
 * Asks all hosts side by side and keeps each as soon as it answered.
 * @throws what the store throws, and an interruption
 */
export const collectOnce = async (options: CollectOptions): Promise<Collection> => {
  const { targets, store, plannedMs, signal } = options;
  const wanted = new Map<string, Set<string>>();
  for (const { relays } of targets)
    for (const id of relays.keys()) {
      const [host] = splitId(id);
      wanted.set(host, (wanted.get(host) ?? new Set()).add(id));
    }
  const hosts: CollectedHost[] = [];
  const gaps: Collection['gaps'][number][] = [];
  const touches = (target: CollectionTarget, host: string): boolean =>
    [...target.relays.keys()].some((id) => splitId(id)[0] === host);
  const hostItself = (name: string): string => name;
  await runPool([...wanted.keys()], side, hostItself, async (name) => {
    let answer: CollectedHost;
    try {
      answer = await askHost(name, wanted.get(name) ?? new Set(), options);
    } catch (error) {
      if (signal.aborted || !isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug')
        throw error;
      gaps.push({ host: name, error });
      for (const target of targets)
        if (touches(target, name))
          await store.recordGap(target.id, { atMs: plannedMs, host: name, reason: error.message });
      return;
    }
    hosts.push(answer);
    for (const { id, relays } of targets) {
      const own = answer.relays
        .filter((relay) => relays.has(relay.id))
        .map((relay): TargetRelay => {
          const arm = relays.get(relay.id);
          return arm === undefined ? relay : { ...relay, arm };
        });
      if (own.length > 0) await store.append(id, name, answer.atMs, own);
    }
  });
  const inOrder = [...wanted.keys()];
  const byOrder = (a: { readonly host: string }, b: { readonly host: string }): number =>
    inOrder.indexOf(a.host) - inOrder.indexOf(b.host);
  return { plannedMs, hosts: hosts.sort(byOrder), gaps: gaps.sort(byOrder) };
};
