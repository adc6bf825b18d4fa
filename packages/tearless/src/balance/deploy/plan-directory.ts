// What one worker's directory needs: a key of its own, and an ob_config that names the addresses it answers for. Pure.
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import type { StepSpec } from '../../change/plan.ts';
import { instancePaths } from '../../daemon/instance.ts';
import type { InstanceSeen, PlacedWorker } from './deploy-wish.ts';
import { addMasters, parseObConfig } from './ob-config.ts';
import { refuse } from './refuse.ts';
import { findKept, type ServiceDir } from './service-dirs.ts';

const newMode = 0o600;
const shownAddress = 12;

export const nameOf = ({ onion, name }: PlacedWorker): string => `${onion}/${name}`;

export interface DirPlan {
  readonly steps: readonly StepSpec[];
  readonly isFresh: boolean;
  /** It gains addresses to answer for. */
  readonly gains: boolean;
  /** Addresses that it answers for besides. */
  readonly foreign: readonly string[];
}

/** A private address is shown nowhere. */
const answersFor = ({ onion, masters: [frontend = '', ...others] }: PlacedWorker): string =>
  `${onion} (${frontend.slice(0, shownAddress)}….onion)${others.length === 0 ? '' : ' and for a private address that it is tried at'}`;

/** The key: there already, moved aside by an undone deployment, or to be made. */
const planKey = (worker: PlacedWorker, found: ServiceDir | undefined, { dirs, facts }: InstanceSeen): StepSpec[] => {
  const { place, address } = worker;
  const where = `${instancePaths(place.instance).dataDirectory}/${place.directory}`;
  if (found !== undefined) {
    if (!found.hasKey)
      return refuse(
        'directory-taken',
        nameOf(worker),
        `${where} on ${facts.host} has no key of an onion service`,
        'name another directory for this worker',
      );
    if (address !== undefined && found.address !== undefined && found.address !== address)
      return refuse(
        'worker-identity',
        nameOf(worker),
        `${where} on ${facts.host} has the address ${found.address}, not ${address} as declared`,
        'name the directory that is meant, or take the address out of tearless.yaml to go on with the one there',
      );
    return [];
  }
  const publicKey = address === undefined ? null : Buffer.from(parseOnionAddress(address)).toString('hex');
  if (publicKey !== null && !findKept(dirs, place.directory).some((kept) => kept.publicKey === publicKey))
    return refuse(
      'worker-key-missing',
      nameOf(worker),
      `${facts.host} has no key for ${address}: there is no ${where}`,
      'put the directory back where it was, or take the address out of tearless.yaml for a new one',
    );
  return [
    {
      id: `directory-${place.directory}`,
      kind: 'balance.service-dir',
      symbol: '+',
      summary:
        publicKey === null
          ? `create ${where} with a key of its own, which stays there`
          : `bring back ${where} with the key of ${address}`,
      params: { instance: place.instance, directory: place.directory, publicKey },
    },
  ];
};

/** @throws BalanceError for a directory of something else, or a key that is gone */
export const planDirectory = (worker: PlacedWorker, seen: InstanceSeen): DirPlan => {
  const { place, masters } = worker;
  const found = seen.dirs.find(({ name }) => name === place.directory);
  const keySteps = planKey(worker, found, seen);
  const path = `${instancePaths(place.instance).dataDirectory}/${place.directory}/ob_config`;
  const where = `${seen.facts.host}:${path}`;
  const before = found?.obConfig;
  if (before !== undefined && before.text === undefined)
    refuse('ob-config', where, `${where} is no plain file`, 'look at what stands there');
  const text = before?.text ?? '';
  const after = addMasters(text, masters, where);
  const obStep: StepSpec = {
    id: `addresses-${place.directory}`,
    kind: 'balance.ob-config',
    symbol: before === undefined ? '+' : '~',
    summary: `${before === undefined ? 'create' : 'change'} ${path}: it answers for ${answersFor(worker)}`,
    params: {
      instance: place.instance,
      directory: place.directory,
      content: after,
      mode: before?.mode ?? newMode,
      expects: before?.text ?? null,
    },
  };
  return {
    steps: [...keySteps, ...(after === text && before !== undefined ? [] : [obStep])],
    isFresh: found === undefined,
    gains: after !== text,
    foreign: parseObConfig(text, where).filter((address) => !masters.includes(address)),
  };
};
