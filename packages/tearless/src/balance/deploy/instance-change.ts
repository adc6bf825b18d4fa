// What one tor instance needs to become as declared: directories and keys for new workers, addresses that they answer for, its
// torrc, and a reload. The process stays in every case. Pure.
//
// A service that runs already and is now to answer for another address must be taken off and on: tor (0.4.9) works out what it
// accepts only when it makes descriptors anew, and until then, at worst for a day, it refuses every introduction (hs_ob.c,
// hs_service.c: descriptors outlive a SIGHUP). Its new introduction points are there within seconds.
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { sha256Hex } from '../../base/json.ts';
import type { StepSpec } from '../../change/plan.ts';
import { instancePaths } from '../../daemon/instance.ts';
import type { SettingChange } from '../../daemon/params.ts';
import { checkTorrc, writeStep } from '../../daemon/step-specs.ts';
import { planTorrcEdit } from '../../daemon/torrc-edit.ts';
import { effectiveValues } from '../../daemon/torrc-files.ts';
import type { FileFacts } from '../../facts/observed.ts';
import { BalanceError } from '../balance-error.ts';
import type { InstanceSeen, InstanceWish, PlacedWorker } from './deploy-wish.ts';
import { addMasters, parseObConfig } from './ob-config.ts';
import { findKept, type ServiceDir } from './service-dirs.ts';
import { dropServices, editServices, type ServiceEdit } from './service-torrc.ts';

export interface InstanceChange {
  readonly wish: InstanceWish;
  readonly steps: readonly StepSpec[];
  /** Directories by name: new ones, and those of running services that are taken off and on. */
  readonly fresh: readonly string[];
  readonly renewed: readonly string[];
  /** It has workers that tor serves already. */
  readonly isServing: boolean;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const newMode = 0o600;
const publishOption = 'PublishHidServDescriptors';

const refuse = (code: string, subject: string, message: string, hint: string): never => {
  throw new BalanceError({ kind: 'refused', code: `balance-${code}`, place: 'host', subject, message, hint });
};

const nameOf = ({ onion, name }: PlacedWorker): string => `${onion}/${name}`;

interface DirPlan {
  readonly steps: readonly StepSpec[];
  readonly isFresh: boolean;
  /** It gains addresses to answer for. */
  readonly gains: boolean;
  readonly foreign: readonly string[];
}

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

const planDirectory = (worker: PlacedWorker, seen: InstanceSeen): DirPlan => {
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
    summary: `${before === undefined ? 'create' : 'change'} ${path}: it answers for ${masters.join(' and ')}`,
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

/** Whether its tor publishes descriptors at all: an option of the whole tor. */
const planPublishing = (wish: InstanceWish, edit: ServiceEdit, files: readonly FileFacts[]) => {
  const publishes = wish.workers.every((worker) => worker.publishes);
  const { dataDirectory } = instancePaths(wish.instance);
  const declared = new Set(wish.neighbours.map((directory) => `${dataDirectory}/${directory}`));
  const first = edit.others.find((directory) => !declared.has(directory));
  if (!publishes && first !== undefined)
    refuse(
      'publishes-others',
      wish.id,
      `${wish.id} serves ${first} too, which would be published no more`,
      `leave 'publishes: false' out, or give the workers a tor of their own`,
    );
  const standing = effectiveValues(files).get(publishOption)?.at(-1);
  const wanted = publishes ? (standing === '0' ? null : undefined) : ['0'];
  if (wanted === undefined) return { text: edit.text, changes: [] as SettingChange[] };
  const [main, ...rest] = files;
  const planned = planTorrcEdit(
    [{ path: main?.path ?? '', text: edit.text }, ...rest],
    new Map([[publishOption, wanted]]),
  );
  return {
    text: planned.text,
    changes: planned.changes.map(
      ({ name, before, after }): SettingChange => ({
        name,
        before: [...before],
        after: after === null ? null : [...after],
      }),
    ),
  };
};

const reloadStep = (
  id: string,
  summary: string,
  symbol: StepSpec['symbol'],
  params: {
    readonly instance: string;
    readonly present: string[];
    readonly absent: string[];
    readonly changes: SettingChange[];
  },
): StepSpec => ({ id, kind: 'balance.reload-services', symbol, summary, params });

const checkInstance = ({ id }: InstanceWish, { instance }: InstanceSeen): void => {
  const paths = instancePaths(instance.name);
  if (instance.dataDirectory !== paths.dataDirectory)
    refuse(
      'data-directory',
      id,
      `${id} keeps its data in ${instance.dataDirectory}`,
      `Tearless deploys to tors with Debian’s layout: ${paths.dataDirectory}`,
    );
  if (instance.activeState !== 'active')
    refuse(
      'instance-down',
      id,
      `${paths.unit} is ${instance.activeState}`,
      `start it ('systemctl enable --now ${paths.unit}' there), then deploy again`,
    );
};

/**
 * @throws BalanceError for what cannot be had: a directory of something else, a key that is gone, a tor that does not run; DaemonError
 * and TorError for the torrc
 */
export const planInstance = (wish: InstanceWish, seen: InstanceSeen): InstanceChange => {
  checkInstance(wish, seen);
  const { instance } = seen;
  const { dataDirectory, torrcPath, unit } = instancePaths(instance.name);
  const pathOf = ({ place }: PlacedWorker): string => `${dataDirectory}/${place.directory}`;
  const dirs = new Map(wish.workers.map((worker) => [worker, planDirectory(worker, seen)]));
  const edit = editServices(
    instance.torrc,
    wish.workers.map((worker) => ({ directory: pathOf(worker), ports: worker.ports })),
  );
  const { text, changes } = planPublishing(wish, edit, instance.torrc);
  const [main] = instance.torrc;
  const renewed = wish.workers.filter((worker) => {
    const path = pathOf(worker);
    return edit.standing.has(path) && (!edit.instances.has(path) || dirs.get(worker)?.gains === true);
  });
  const files = [...dirs.values()].flatMap(({ steps }) => steps);
  const all = wish.workers.map(pathOf);
  const steps: StepSpec[] = [...files];
  if (main !== undefined && (files.length > 0 || text !== main.text)) {
    steps.push(checkTorrc(instance.name, text));
    let standing = main;
    if (renewed.length > 0) {
      const off = renewed.map(pathOf);
      const without = dropServices(text, off);
      const named = renewed.map(({ place }) => place.directory).join(', ');
      steps.push(
        {
          ...writeStep('torrc-off', 'torrc', torrcPath, without, standing),
          summary: `take ${named} out of ${torrcPath} for a moment`,
        },
        reloadStep(
          'reload-off',
          `reload ${unit}: ${named} goes off, to come back with new introduction points; connections to it end`,
          '!',
          {
            instance: instance.name,
            present: all.filter((path) => edit.standing.has(path) && !off.includes(path)),
            absent: off,
            changes: [],
          },
        ),
      );
      standing = { ...main, text: without, sha256: sha256Hex(without) };
    }
    if (text !== standing.text) steps.push(writeStep('torrc', 'torrc', torrcPath, text, standing));
    steps.push(
      reloadStep('reload', `reload ${unit}: the process and its circuits stay`, '~', {
        instance: instance.name,
        present: all,
        absent: [],
        changes,
      }),
    );
  }
  return {
    wish,
    steps,
    fresh: wish.workers.filter((worker) => dirs.get(worker)?.isFresh === true).map(({ place }) => place.directory),
    renewed: renewed.map(({ place }) => place.directory),
    isServing: edit.standing.size > 0,
    warnings: [...dirs].flatMap(([worker, { foreign }]) =>
      foreign.length === 0
        ? []
        : [
            {
              code: 'balance-other-frontends',
              message: `${nameOf(worker)} answers for ${foreign.join(', ')} too, and goes on doing so`,
            },
          ],
    ),
  };
};
