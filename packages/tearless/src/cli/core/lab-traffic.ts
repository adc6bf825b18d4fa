// Traffic through a lab's fleet that knows which restarts this operator's runs plan, until it is asked to stop.
import type { FleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import type { TrafficSummary } from '@tearless/lab/traffic/summary.ts';
import type { CommandContext } from './context.ts';
import { openJournal } from './journal-store.ts';
import { watchPlannedRestarts } from './planned-restarts.ts';

export interface TrafficWishes {
  readonly ratePerSecond: number;
  /** Infinity: until interrupted. */
  readonly forMs: number;
  /** How often the journals are read. */
  readonly lookMs: number;
}

/** Ends with what became of all requests and downloads; those under way get their answers. */
export const sendTraffic = async (
  context: CommandContext,
  lab: FleetLab,
  { ratePerSecond, forMs, lookMs }: TrafficWishes,
): Promise<TrafficSummary> => {
  const { clock } = context.surroundings;
  const fingerprints = new Map(lab.fleet.map(({ host, name, fingerprint }) => [`${host}/${name}`, fingerprint]));
  const stop = new AbortController();
  const forget = context.onStopRequested(() => stop.abort());
  const signal = AbortSignal.any([stop.signal, context.signal]);
  await using store = await openJournal(context);
  let oracle: Oracle | undefined;
  try {
    const read = watchPlannedRestarts(store, {
      begun: (relay, fromMs) => oracle?.restarting(fingerprints.get(relay) ?? '', { fromMs }),
      over: (relay, atMs) => oracle?.restarted(fingerprints.get(relay) ?? '', atMs),
    });
    await read();
    oracle = await startOracle({
      network: lab.network,
      fleet: [...fingerprints.values()],
      ratePerSecond,
      // A run writes down what it is about to restart before it does. An error ends the loop below.
      catchUp: () => read().catch(() => undefined),
      signal,
    });
    const untilMs = clock.now() + forMs;
    context.output.note(`requests flow through ${fingerprints.size} relays`);
    while (!signal.aborted && clock.now() < untilMs) {
      await read();
      await clock.sleep(Math.min(lookMs, Math.max(1, untilMs - clock.now())), signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    // What is cut while the last requests are waited for is judged by what was planned then.
    let failure: { readonly error: unknown } | undefined;
    const note = (error: unknown): void => {
      failure ??= { error };
    };
    const reading = setInterval(() => void read().catch(note), lookMs);
    const heard = await oracle.stop({ abandon: context.signal.aborted }).finally(() => clearInterval(reading));
    if (failure !== undefined) throw failure.error;
    return heard;
  } finally {
    await oracle?.stop({ abandon: true });
    forget();
    await lab.network.disconnect();
  }
};
