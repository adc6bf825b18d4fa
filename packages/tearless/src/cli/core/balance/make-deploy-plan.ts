// From the names of onion services to the plan that deploys their workers: what is declared against what the hosts say.

import { BalanceError } from '../../../balance/balance-error.ts';
import {
  addLeavings,
  type FrontendWish,
  groupByInstance,
  type InstanceSeen,
  type InstanceWish,
} from '../../../balance/deploy/deploy-wish.ts';
import { planDeploy } from '../../../balance/deploy/plan-deploy.ts';
import { readServiceDirs, type ServiceDir } from '../../../balance/deploy/service-dirs.ts';
import { derivePrivateKey } from '../../../balance/probe/private-address.ts';
import { didYouMean } from '../../../base/did-you-mean.ts';
import type { DescribedError } from '../../../base/error.ts';
import type { Plan } from '../../../change/plan.ts';
import { runPool } from '../../../change/pool.ts';
import { type DesiredOnion, resolveOnions } from '../../../config/onions.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { observeFleet } from '../observe.ts';
import { readFrontendAddress } from './choose-onions.ts';
import { readProbeSecret, workerPlaceName } from './probe-secret.ts';

/** The private addresses of workers that publish nothing; the secret is made only where one is needed. */
const probeAddressesOf = (onion: DesiredOnion, frontend: string, fleet: ReadFleet): Map<string, string> =>
  new Map(
    onion.workers.flatMap(({ name, place, publishes }) =>
      publishes || place === undefined
        ? []
        : [
            [
              name,
              derivePrivateKey(readProbeSecret(fleet.state), { frontend, worker: workerPlaceName(place) }).address,
            ] as const,
          ],
    ),
  );

export const wishOf = async (onion: DesiredOnion, fleet: ReadFleet): Promise<FrontendWish> => {
  const address = await readFrontendAddress(onion, fleet.file);
  return { onion, address, probeAddresses: probeAddressesOf(onion, address, fleet) };
};

const unreachable = (host: string, cause: DescribedError | undefined): BalanceError =>
  new BalanceError({
    kind: 'unreachable',
    code: 'balance-unreachable',
    place: 'host',
    message: `${host} did not answer, so nothing can be said of its workers`,
    subject: host,
    hint: cause?.hint ?? 'mend the way there',
    cause,
  });

const seeIn =
  ({ hosts, unreachable: away }: FleetObservation, dirs: ReadonlyMap<string, readonly ServiceDir[]>) =>
  ({ id, host, instance: name }: InstanceWish): InstanceSeen => {
    const facts = hosts.get(host);
    if (facts === undefined) throw unreachable(host, away.get(host));
    const instance = facts.instances.find((one) => one.name === name);
    if (instance !== undefined) return { facts, instance, dirs: dirs.get(id) ?? [] };
    const meant = didYouMean(
      name,
      facts.instances.map((one) => one.name),
    );
    throw new BalanceError({
      kind: 'config',
      code: 'balance-unknown-instance',
      place: 'config',
      message: `${host} has no tor instance '${name}'`,
      subject: id,
      hint: `${meant === undefined ? '' : `${meant}; or `}make it there: 'tor-instance-create ${name}', then 'systemctl enable --now tor@${name}'`,
    });
  };

/** What the helpers say of service directories, by `host/instance`; for hosts that answered. */
export const readDirs = async (
  fleet: ReadFleet,
  wishes: readonly Pick<InstanceWish, 'id' | 'host' | 'instance'>[],
  { signal }: CommandContext,
): Promise<Map<string, readonly ServiceDir[]>> => {
  const dirs = new Map<string, readonly ServiceDir[]>();
  await runPool(
    wishes,
    { itemsAtOnce: 32, itemsPerHost: 2 },
    ({ host }) => host,
    async ({ id, host, instance }) => {
      dirs.set(id, await readServiceDirs({ host: fleet.hosts.get(host), signal }, instance));
    },
  );
  return dirs;
};

/** Those of the workers; and those without relays, where a worker may be that is declared no longer. */
const hostsToLookAt = ({ config, desired }: ReadFleet, wishes: readonly InstanceWish[]): string[] => {
  const withRelays = new Set(desired.relays.map(({ host }) => host));
  const others = Object.keys(config.hosts).filter((host) => !withRelays.has(host));
  return [...new Set([...wishes.map(({ host }) => host), ...(wishes.length === 0 ? [] : others)])];
};

/** Instances that answer for some frontend and are not asked for. */
const findOtherInstances = (wishes: readonly InstanceWish[], { hosts }: FleetObservation) => {
  const known = new Set(wishes.map(({ id }) => id));
  return [...hosts].flatMap(([host, { instances }]) =>
    instances
      .filter(
        ({ name, torrc }) => !known.has(`${host}/${name}`) && torrc.some(({ text }) => balancesService.test(text)),
      )
      .map(({ name }) => ({ id: `${host}/${name}`, host, instance: name })),
  );
};

const balancesService = /^\s*HiddenServiceOnionBalanceInstance\s/im;

/** `20260109-140211`: plans sort by time. */
const planIdAt = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

export interface DeployPlan {
  readonly plan: Plan;
  readonly wishes: readonly InstanceWish[];
}

/** @throws BalanceError, HostError, DaemonError: what planning throws */
export const makeDeployPlan = async (
  fleet: ReadFleet,
  onions: readonly DesiredOnion[],
  context: CommandContext,
): Promise<DeployPlan> => {
  const declared = resolveOnions(fleet.config);
  const frontends = await Promise.all(onions.map((onion) => wishOf(onion, fleet)));
  const asked = groupByInstance(frontends, declared);
  const observation = await observeFleet(fleet, hostsToLookAt(fleet, asked), context);
  for (const [host, { message }] of observation.unreachable)
    if (!asked.some((wish) => wish.host === host))
      context.output.note(`${host} did not answer, so workers that are left there are not seen: ${message}`);
  const reached = asked.filter(({ host }) => observation.hosts.has(host));
  const dirs = await readDirs(fleet, [...reached, ...findOtherInstances(reached, observation)], context);
  const wishes = addLeavings(asked, dirs, frontends, declared);
  const createdAtMs = context.surroundings.clock.now();
  const plan = planDeploy({
    fleet: fleet.desired.fleet,
    network: fleet.desired.network,
    restart: fleet.desired.restart,
    wishes,
    see: seeIn(observation, dirs),
    request: { balance: onions.map(({ name }) => name) },
    planId: planIdAt(createdAtMs),
    createdAtMs,
  });
  return { plan, wishes };
};

/** A text that may be shown: who knows a private address could visit a worker that nobody else finds. */
export const concealPrivateAddresses = (text: string, wishes: readonly InstanceWish[]): string =>
  wishes
    .flatMap(({ workers }) => workers.flatMap(({ masters: [, ...addresses] }) => addresses))
    .reduce((now, address) => now.replaceAll(address, '[sensitive]'), text);
