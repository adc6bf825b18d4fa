// The services that `balance run` is to serve, as tearless.yaml declares them: keys, clients, workers, and the helpers beside those
// whose hosts Tearless reaches.
import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { BalanceError } from '../../../balance/balance-error.ts';
import { groupByInstance } from '../../../balance/deploy/deploy-wish.ts';
import { createWorkerHelper } from '../../../balance/helper/worker-helper.ts';
import type { FrontendConfig, WorkerConfig } from '../../../balance/model/frontend-config.ts';
import type { Policy } from '../../../balance/model/layout.ts';
import { derivePrivateKey } from '../../../balance/probe/private-address.ts';
import { keysFromIdentity } from '../../../balance/publish/period-keys.ts';
import type { DesiredOnion, DesiredWorker } from '../../../config/onions.ts';
import { randomFromSeed } from '../../../stats/random/random.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { openReadFleet, type ReadFleet } from '../fleet.ts';
import { chooseOnions, keyPathOf } from './choose-onions.ts';
import { readDirs, wishOf } from './make-deploy-plan.ts';
import { openFrontend } from './open-frontend.ts';
import { readProbeSecret, workerPlaceName } from './probe-secret.ts';
import { wayToWorkers } from './worker-ways.ts';

export interface ServedServices extends AsyncDisposable {
  readonly frontends: readonly FrontendConfig[];
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Addresses that are not declared yet, asked of the hosts: by `host/instance/directory`. */
const askAddresses = async (
  onion: DesiredOnion,
  fleet: ReadFleet,
  context: CommandContext,
): Promise<ReadonlyMap<string, string>> => {
  const unknown = { ...onion, workers: onion.workers.filter(({ address }) => address === undefined) };
  if (unknown.workers.length === 0) return new Map();
  const wishes = groupByInstance([await wishOf(unknown, fleet)], []);
  const dirs = await readDirs(fleet, wishes, context);
  return new Map(
    wishes.flatMap(({ id }) =>
      (dirs.get(id) ?? []).flatMap(({ name, address }) =>
        address === undefined ? [] : [[`${id}/${name}`, address] as const],
      ),
    ),
  );
};

const addressOf = (onion: DesiredOnion, worker: DesiredWorker, found: ReadonlyMap<string, string>): string => {
  const address = worker.address ?? (worker.place === undefined ? undefined : found.get(workerPlaceName(worker.place)));
  if (address !== undefined) return address;
  throw new BalanceError({
    kind: 'config',
    code: 'balance-not-deployed',
    place: 'config',
    message: `the worker ${onion.name}/${worker.name} has no address yet`,
    subject: `${onion.name}/${worker.name}`,
    hint: `'tearless balance deploy ${onion.name}' makes it one`,
  });
};

const openService = async (onion: DesiredOnion, fleet: ReadFleet, context: CommandContext): Promise<FrontendConfig> => {
  const { file, state } = fleet;
  const { clock } = context.surroundings;
  const keyFile = keyPathOf(onion, file);
  if (keyFile === undefined)
    throw new CliError({
      kind: 'config',
      code: 'balance-no-key',
      place: 'config',
      message: `'${onion.name}' is declared with its address alone: nothing can be published for it here`,
      subject: file.path,
      hint: "name the file of its key, or of keys made ahead ('tearless balance keys presign')",
    });
  const found = await askAddresses(onion, fleet, context);
  const { address: frontend } = await wishOf(onion, fleet);
  const workers = onion.workers.map((worker): WorkerConfig => {
    const { name, weight, place, publishes } = worker;
    const onionAddress = addressOf(onion, worker, found);
    const probe = onion.probe === 'http' ? { probe: { kind: 'http', host: frontend } as const } : {};
    const config = { id: name, onionAddress, weight, port: onion.probePort, ...probe };
    if (place === undefined) return config;
    const helper = createWorkerHelper({
      way: wayToWorkers(fleet, place.host),
      instance: place.instance,
      onionAddress,
      port: onion.probePort ?? undefined,
      clock,
      random: randomFromSeed(randomBytes(16).toString('hex')),
    });
    if (publishes) return { ...config, helper };
    const key = derivePrivateKey(readProbeSecret(state), { frontend, worker: workerPlaceName(place) });
    return { ...config, helper, privateKeys: keysFromIdentity(key, random) };
  });
  const { name, policy, caa, isCaaCritical, clients, address } = onion;
  const clientsFolder = clients === undefined ? undefined : resolve(dirname(file.path), clients);
  return openFrontend(
    { subject: `${file.path}: ${name}`, keyFile, address, clientsFolder, caa },
    { workers, policy, isCaaCritical },
    { clock, note: context.output.note },
  );
};

/**
 * @param names all declared services when empty
 * @param policy in place of the declared ones
 * @returns to be disposed when the balancer has ended: the way to the hosts is open
 * @throws CliError, BalanceError, HostError where a worker that has no address yet must be asked
 */
export const readBalancedServices = async (
  context: CommandContext,
  names: readonly string[],
  policy?: Policy,
): Promise<ServedServices> => {
  const fleet = await openReadFleet(context);
  try {
    const frontends: FrontendConfig[] = [];
    for (const onion of chooseOnions(fleet.config, fleet.file, names))
      frontends.push(await openService(policy === undefined ? onion : { ...onion, policy }, fleet, context));
    return { frontends, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
};
