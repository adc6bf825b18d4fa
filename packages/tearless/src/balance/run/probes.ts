// Probing joined to the frontends: whom to probe, and who hears what came of it.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { isDescribedError } from '../../base/error.ts';
import type { ProbeResult, Prober } from '../model/prober.ts';
import { type ProbeWant, Probing } from '../probe/probing.ts';
import { defaultProbeRules, testNetworkProbeRules } from '../probe/schedule.ts';
import type { Frontend, FrontendWorld } from './frontend.ts';

/** Makes the prober of a connection. @throws BalanceError `balance-no-socks` where tor gives no way out */
export type MakeProber = (controller: Controller, signal: AbortSignal) => Promise<Prober>;

/** A frontend with what stands behind it: the private addresses of its workers, by id. */
export interface ProbedFrontend {
  readonly frontend: Frontend;
  readonly privateOf: ReadonlyMap<string, Frontend>;
}

/** A worker of which nothing is known, or whose private address stands nowhere yet, would only fail. */
const wantsOf = ({ frontend, privateOf }: ProbedFrontend): ProbeWant[] =>
  frontend.roster.records.flatMap(({ worker, learnt }) => {
    const health = frontend.roster.healthOf(worker.id);
    const isThere = privateOf.get(worker.id)?.isStanding ?? true;
    if (learnt === undefined || health === undefined || !isThere || health.helper?.isUp === false) return [];
    const isHelperLost = health.helper !== null && health.helper.lostMs !== null;
    return {
      key: `${frontend.address} ${worker.id}`,
      isUrgent: isHelperLost || health.state === 'out' || health.doubtedPath !== null,
      target: { onionAddress: worker.privateKeys?.address ?? worker.onionAddress, port: worker.port },
    };
  });

export interface Probes {
  /** Takes in what is known of the workers now. */
  update(): void;
  run(signal: AbortSignal): Promise<void>;
}

export const startProbes = (
  frontends: readonly ProbedFrontend[],
  prober: Prober,
  { clock, random }: FrontendWorld,
  isTestNetwork: boolean,
): Probes => {
  const owners = new Map<string, { readonly frontend: Frontend; readonly id: string }>(
    frontends.flatMap(({ frontend }) =>
      frontend.config.workers.map(({ id }) => [`${frontend.address} ${id}`, { frontend, id }] as const),
    ),
  );
  const hear = (key: string, result: ProbeResult, atMs: number): void => {
    const owner = owners.get(key);
    if (owner === undefined) return;
    const { path } = prober;
    if (result.ok) owner.frontend.hear(owner.id, { kind: 'probe-ok', atMs, path });
    else if (result.isPathBad !== true)
      owner.frontend.hear(owner.id, { kind: 'probe-failed', atMs, path, why: result.why });
  };
  const rules = isTestNetwork ? testNetworkProbeRules : defaultProbeRules;
  const probing = new Probing({ prober, rules, clock, random, hear });
  return {
    update: () => probing.want(frontends.flatMap(wantsOf)),
    run: (signal) => probing.run(signal),
  };
};

/** Why there is no prober, where that is no reason to stop. @throws anything else */
export const explainNoProber = (error: unknown): string => {
  if (isDescribedError(error) && error.code === 'balance-no-socks') return error.message;
  throw error;
};
