// Probing joined to the frontends: whom to probe, and who hears what came of it.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { isDescribedError } from '../../base/error.ts';
import type { WorkerMemory } from '../health/memory.ts';
import type { ProbeResult, Prober } from '../model/prober.ts';
import { PrivateFrontend, type PrivateSession } from '../probe/private-frontend.ts';
import { type ProbeWant, Probing } from '../probe/probing.ts';
import { probeRulesFor } from '../probe/schedule.ts';
import type { Frontend } from './frontend.ts';
import type { FrontendWorld } from './session.ts';

/** Makes the prober of a connection. @throws BalanceError `balance-no-socks` where tor gives no way out */
export type MakeProber = (controller: Controller, signal: AbortSignal) => Promise<Prober>;

/** Of the workers that publish nothing themselves, by key. */
export type PrivateFrontends = ReadonlyMap<string, PrivateFrontend>;

const keyOf = (frontend: Frontend, worker: string): string => `${frontend.address} ${worker}`;

export const openPrivateFrontends = (frontends: readonly Frontend[], world: FrontendWorld): PrivateFrontends =>
  new Map(
    frontends.flatMap((frontend) =>
      frontend.config.workers.flatMap(({ privateKeys: keys, ...worker }) =>
        keys === undefined
          ? []
          : [[keyOf(frontend, worker.id), new PrivateFrontend({ ...world, keys, worker })] as const],
      ),
    ),
  );

export interface Probes {
  /** Takes in what is known of the workers now. */
  update(): void;
  run(signal: AbortSignal): Promise<void>;
}

export interface ProbesOptions {
  readonly frontends: readonly Frontend[];
  readonly privates: PrivateFrontends;
  readonly prober: Prober;
  readonly world: FrontendWorld;
  readonly isTestNetwork: boolean;
  /** What the connection gives now; undefined while the network is not known. */
  readonly readSession: () => PrivateSession | undefined;
}

export const startProbes = (options: ProbesOptions): Probes => {
  const { frontends, prober, world, isTestNetwork } = options;
  const { clock, random, emit } = world;
  const owners = new Map<string, { readonly frontend: Frontend; readonly id: string }>(
    frontends.flatMap((frontend) =>
      frontend.config.workers.map(({ id }) => [keyOf(frontend, id), { frontend, id }] as const),
    ),
  );
  const { path } = prober;
  /** Told once each, and once when it is over: the way as a whole, or the private address of one worker by its key. */
  const blind = new Set<string>();
  const noteBlind = (
    what: string,
    why: string | undefined,
    worker: { frontend: string; worker: string } | null,
  ): void => {
    if (blind.has(what) === (why !== undefined)) return;
    if (why === undefined) blind.delete(what);
    else blind.add(what);
    emit(why === undefined ? { kind: 'probes.recovered', path, worker } : { kind: 'probes.blind', path, worker, why });
  };
  const hear = (key: string, result: ProbeResult, atMs: number): void => {
    const owner = owners.get(key);
    if (owner === undefined) return;
    const { frontend, id } = owner;
    const whyOf = (blame: 'path' | 'descriptor') => (!result.ok && result.blame === blame ? result.why : undefined);
    const worker = { frontend: frontend.address, worker: id };
    if (result.ok || result.blame !== 'descriptor') noteBlind('', whyOf('path'), null);
    if (result.ok || result.blame !== 'path') noteBlind(key, whyOf('descriptor'), worker);
    if (result.ok) frontend.hear(id, { kind: 'probe-ok', atMs, path });
    else if (result.blame === undefined) frontend.hear(id, { kind: 'probe-failed', atMs, path, why: result.why });
  };
  const rules = probeRulesFor(owners.size, { isTestNetwork });
  const probing = new Probing({ prober, rules, clock, random, hear });
  return {
    update: () => probing.want(frontends.flatMap((frontend) => wantsOf(frontend, options))),
    run: (signal) => probing.run(signal),
  };
};

/** Something has to be asked for. */
const anyPort = 80;

/** One of which no introduction point is known, or that says itself that it is down, is not asked. */
const wantsOf = (frontend: Frontend, { privates, readSession }: ProbesOptions): ProbeWant[] =>
  frontend.roster.records.flatMap(({ worker, learnt }) => {
    const health = frontend.roster.healthOf(worker.id);
    if (learnt === undefined || health === undefined || health.helper?.isUp === false) return [];
    const key = keyOf(frontend, worker.id);
    const own = privates.get(key);
    const prepare = async (signal: AbortSignal): Promise<string | undefined> => {
      const session = readSession();
      if (session === undefined) return 'tor does not know the network yet';
      return own?.prepare(frontend.roster.learntOf(new Set([worker.id]))[0], session, signal);
    };
    const { port, probe } = worker;
    const at = port === null ? ({ port: anyPort, expects: { kind: 'tor' } } as const) : { port, expects: probe };
    const target =
      own === undefined ? { ...at, onionAddress: worker.onionAddress } : { ...at, onionAddress: own.address, prepare };
    return [{ key, isUrgent: isDoubted(health), target }];
  });

/** Something speaks against what is believed of it. */
const isDoubted = ({ state, helper, failures, doubtedPath }: WorkerMemory): boolean =>
  state === 'out' ||
  doubtedPath !== null ||
  (helper !== null && helper.lostMs !== null) ||
  Object.values(failures).some(({ inARow }) => inARow > 0);

/** Why there is no prober, where that is no reason to stop. @throws anything else */
export const explainNoProber = (error: unknown): string => {
  if (isDescribedError(error) && error.code === 'balance-no-socks') return error.message;
  throw error;
};
