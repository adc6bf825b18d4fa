// The balancer's arithmetic against stem and Onionbalance as Debian ships them, in the same run; and a day of a balancer with a
// thousand services on a clock that does not wait.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDuels } from './balancer/duel.ts';
import { type Peer, startPeer, unpackPeers } from './balancer/peers.ts';
import { runThousand } from './balancer/thousand.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';

/** Undefined when they are not to be had, which is said. */
const findPeer = async (folder: string, { progress, signal }: BenchmarkContext): Promise<Peer | undefined> => {
  try {
    const peer = await startPeer(await unpackPeers(folder, signal));
    progress(`the peers are ${peer.versions}`);
    return peer;
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    progress(`measured without peers: ${why}`);
    progress("they come from Debian 12: 'apt-get update', so that 'apt-get download onionbalance python3-stem' works");
    return undefined;
  }
};

export const benchmark: Benchmark = {
  summary: 'descriptors, rings and a thousand services, against stem and Onionbalance',
  run: async (context): Promise<Measurement[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'tearless-bench-'));
    let peer: Peer | undefined;
    try {
      peer = await findPeer(join(folder, 'peers'), context);
      const duels = await runDuels(join(folder, 'inputs'), peer, context);
      return [...duels, ...(await runThousand(folder, context))];
    } finally {
      await peer?.close();
      await rm(folder, { recursive: true });
    }
  },
};
