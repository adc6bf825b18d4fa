// Waiting for what the network agrees on: which relays are listed as running, which descriptor an authority holds.
import { LabError } from '../base/lab-error.ts';
import { waitFor } from '../base/wait.ts';
import { watchUntil } from './milestones.ts';
import type { Network } from './network.ts';
import type { NetworkNode } from './network-node.ts';
import { votingDelaySeconds } from './node-torrc.ts';
import { readRelayList } from './relay-list.ts';

export type ListedOptions = {
  /** Whose consensus counts; default an authority's. Clients have a new one some seconds later. */
  node?: NetworkNode;
  /** Only a consensus whose votes were cast after this moment counts, in milliseconds since the Unix epoch. */
  votedAfterMs?: number;
  /** Default 3 min. */
  timeoutMs?: number;
  signal?: AbortSignal;
};

const anyAuthority = (network: Network): NetworkNode => {
  const [authority] = network.withRole('authority');
  if (authority === undefined) throw new TypeError('a network without authorities');
  return authority;
};

/**
 * Waits until a consensus lists all these relays as running.
 * @throws LabError `network-not-listed` naming those that are missing
 */
export const waitUntilListed = async (
  network: Network,
  fingerprints: readonly string[],
  { node = anyAuthority(network), votedAfterMs = 0, timeoutMs = 180_000, signal }: ListedOptions = {},
): Promise<void> => {
  const control = await node.control;
  let missing = [...fingerprints];
  const reached = async () => {
    const relays = await readRelayList(control);
    const running = new Set(relays.filter(({ flags }) => flags.has('Running')).map(({ fingerprint }) => fingerprint));
    missing = fingerprints.filter((fingerprint) => !running.has(fingerprint));
    if (missing.length > 0) return false;
    // Votes are cast two delays before the consensus becomes valid (dir-spec §3.2).
    const validAfter = await control.info('consensus/valid-after');
    return validAfter !== undefined && validAfter.getTime() - 2 * votingDelaySeconds * 1000 >= votedAfterMs;
  };
  const deadline = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  try {
    await watchUntil(control, 'NEWCONSENSUS', reached, both);
  } catch (error) {
    signal?.throwIfAborted();
    if (!deadline.aborted) throw error;
    const what = missing.length === 0 ? 'no new consensus was made' : `not listed as running: ${missing.join(', ')}`;
    throw new LabError('network-not-listed', `after ${timeoutMs / 1000} s at ${node.nickname}: ${what}`, {
      kind: 'timeout',
      cause: error,
    });
  }
};

/** When the relay's own descriptor that an authority holds was made; undefined when it holds none. */
export const readPublished = async (network: Network, fingerprint: string): Promise<Date | undefined> => {
  const control = await anyAuthority(network).control;
  const known = await readRelayList(control);
  if (!known.some((relay) => relay.fingerprint === fingerprint)) return undefined;
  const descriptor = await control.getInfo(`desc/id/${fingerprint}`);
  const published = /^published (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/m.exec(descriptor);
  return published === null ? undefined : new Date(`${published[1]}T${published[2]}Z`);
};

/**
 * Waits until an authority holds a descriptor of that relay that was made after a moment.
 *
 * True for a relay that joins or changes. **Not for one that is merely restarted**: authorities answer a descriptor that
 * differs in nothing but its times with "accepted" and keep the old one for two hours. The relay itself knows whether
 * its new one was accepted: `GETINFO status/accepted-server-descriptor`, which is 0 when tor starts. The consensus does
 * not say either: its publication times are all 2038-01-01 (consensus method 33).
 */
export const waitForDescriptor = async (
  network: Network,
  fingerprint: string,
  {
    publishedAfterMs,
    timeoutMs = 180_000,
    signal,
  }: { publishedAfterMs: number; timeoutMs?: number; signal?: AbortSignal },
): Promise<Date> => {
  let last: Date | undefined;
  return waitFor(
    async () => {
      last = await readPublished(network, fingerprint);
      // Descriptors count whole seconds.
      return last !== undefined && last.getTime() >= Math.floor(publishedAfterMs / 1000) * 1000 ? last : undefined;
    },
    {
      what: `a new descriptor of ${fingerprint}`,
      timeoutMs,
      intervalMs: 250,
      signal,
      explain: () =>
        last === undefined ? 'the authority has none' : `the authority has that of ${last.toISOString()}`,
    },
  );
};
