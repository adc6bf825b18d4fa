// What one tor instance needs to become as declared: directories and keys for new workers, addresses that they answer for, its
// torrc, and a reload. The process stays in every case. Pure.
//
// A service that runs already and is now to answer for another address must be taken off and on: tor (0.4.9) works out what it
// accepts only when it makes descriptors anew, and until then, at worst for a day, it refuses every introduction (hs_ob.c,
// hs_service.c: descriptors outlive a SIGHUP). Its new introduction points are there within seconds.
import { sha256Hex } from '../../base/json.ts';
import type { StepSpec } from '../../change/plan.ts';
import { instancePaths } from '../../daemon/instance.ts';
import type { SettingChange } from '../../daemon/params.ts';
import { checkTorrc, writeStep } from '../../daemon/step-specs.ts';
import { planTorrcEdit } from '../../daemon/torrc-edit.ts';
import { effectiveValues } from '../../daemon/torrc-files.ts';
import type { FileFacts } from '../../facts/observed.ts';
import type { InstanceSeen, InstanceWish, PlacedWorker } from './deploy-wish.ts';
import { nameOf, planDirectory } from './plan-directory.ts';
import { refuse } from './refuse.ts';
import { dropServices, editServices, listStanding, type ServiceEdit } from './service-torrc.ts';

export interface InstanceChange {
  readonly wish: InstanceWish;
  readonly steps: readonly StepSpec[];
  /** Directories by name: new ones, and those of running services that are taken off and on. */
  readonly fresh: readonly string[];
  readonly renewed: readonly string[];
  /** Those that tor serves no longer: directory and key stay where they are. */
  readonly gone: readonly string[];
  /** It has workers that tor serves already. */
  readonly isServing: boolean;
  readonly warnings: readonly Warning[];
}

interface Warning {
  readonly code: string;
  readonly message: string;
}

const publishOption = 'PublishHidServDescriptors';

/** Whether its tor publishes descriptors at all: an option of the whole tor. */
const planPublishing = (wish: InstanceWish, edit: ServiceEdit, files: readonly FileFacts[]) => {
  const publishes = wish.workers.every((worker) => worker.publishes);
  const { dataDirectory } = instancePaths(wish.instance);
  const declared = new Set([...wish.neighbours, ...wish.leavings].map((directory) => `${dataDirectory}/${directory}`));
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
  if (wanted === undefined) return { text: edit.text, changes: [] as SettingChange[], becomesHidden: false };
  const [main, ...rest] = files;
  const planned = planTorrcEdit(
    [{ path: main?.path ?? '', text: edit.text }, ...rest],
    new Map([[publishOption, wanted]]),
  );
  return {
    text: planned.text,
    becomesHidden: !publishes && standing !== '0',
    changes: planned.changes.map(
      ({ name, before, after }): SettingChange => ({
        name,
        before: [...before],
        after: after === null ? null : [...after],
      }),
    ),
  };
};

interface ReloadParams {
  readonly instance: string;
  readonly present: string[];
  readonly absent: string[];
  readonly changes: SettingChange[];
}

const reloadStep = (id: string, summary: string, symbol: StepSpec['symbol'], params: ReloadParams): StepSpec => ({
  id,
  kind: 'balance.reload-services',
  symbol,
  summary,
  params: { ...params },
});

const checkInstance = ({ id }: InstanceWish, { instance }: InstanceSeen): void => {
  const paths = instancePaths(instance.name);
  if (instance.dataDirectory !== paths.dataDirectory)
    refuse(
      'data-directory',
      id,
      `${id} keeps its data in ${instance.dataDirectory}`,
      `Tearless deploys to tors with Debian’s layout: ${paths.dataDirectory}`,
    );
  if (effectiveValues(instance.torrc).get('Sandbox')?.at(-1) === '1')
    refuse(
      'sandbox',
      id,
      `${paths.unit} runs in its own sandbox (Sandbox 1), in which it opens no other directory until it is restarted`,
      'take a tor without it: Debian’s unit confines every tor@ anyway',
    );
  if (instance.activeState !== 'active')
    refuse(
      'instance-down',
      id,
      `${paths.unit} is ${instance.activeState}`,
      `start it ('systemctl enable --now ${paths.unit}' there), then deploy again`,
    );
};

interface TorrcChange {
  readonly main: FileFacts;
  readonly text: string;
  /** Directories of all services that shall be there, of those that go off and on, and of those that go. Absolute. */
  readonly all: string[];
  readonly standing: ReadonlySet<string>;
  readonly renewed: string[];
  readonly gone: string[];
  readonly changes: SettingChange[];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** From the text that tor judges to the one that it has taken up. */
const planTorrc = (instance: string, change: TorrcChange): StepSpec[] => {
  const { main, text, all, standing, renewed, gone, changes } = change;
  const { torrcPath, unit } = instancePaths(instance);
  const steps = [checkTorrc(instance, text)];
  let before = main;
  if (renewed.length > 0) {
    const without = dropServices(text, renewed);
    const named = renewed.map(baseName).join(', ');
    steps.push(
      {
        ...writeStep('torrc-off', 'torrc', torrcPath, without, before),
        summary: `take ${named} out of ${torrcPath} for a moment`,
      },
      reloadStep(
        'reload-off',
        `reload ${unit}: ${named} goes off, to come back with new introduction points; connections to it end`,
        '!',
        {
          instance,
          present: all.filter((path) => standing.has(path) && !renewed.includes(path)),
          absent: renewed,
          changes: [],
        },
      ),
    );
    before = { ...main, text: without, sha256: sha256Hex(without) };
  }
  if (text !== before.text) steps.push(writeStep('torrc', 'torrc', torrcPath, text, before));
  const ends = gone.length === 0 ? '' : `${gone.map(baseName).join(', ')} goes, its directory and key stay; `;
  steps.push(
    reloadStep('reload', `reload ${unit}: ${ends}the process and its circuits stay`, gone.length === 0 ? '~' : '-', {
      instance,
      present: all,
      absent: gone,
      changes,
    }),
  );
  return steps;
};

/**
 * @throws BalanceError for what cannot be had: a directory of something else, a key that is gone, a tor that does not run; DaemonError
 * and TorError for the torrc
 */
export const planInstance = (wish: InstanceWish, seen: InstanceSeen): InstanceChange => {
  checkInstance(wish, seen);
  const { instance } = seen;
  const { dataDirectory } = instancePaths(instance.name);
  const [main] = instance.torrc;
  const pathOf = ({ place }: PlacedWorker): string => `${dataDirectory}/${place.directory}`;
  const dirs = new Map(wish.workers.map((worker) => [worker, planDirectory(worker, seen)]));
  const services = wish.workers.map((worker) => ({ directory: pathOf(worker), ports: worker.ports }));
  const edit = editServices(instance.torrc, services);
  const published = planPublishing(wish, edit, instance.torrc);
  const gone = listStanding(
    published.text,
    wish.leavings.map((directory) => `${dataDirectory}/${directory}`),
  );
  const text = gone.length === 0 ? published.text : dropServices(published.text, gone);
  const renewed = wish.workers.filter((worker) => {
    const path = pathOf(worker);
    return edit.standing.has(path) && (!edit.instances.has(path) || dirs.get(worker)?.gains === true);
  });
  const files = [...dirs.values()].flatMap(({ steps }) => steps);
  const isNeeded = main !== undefined && (files.length > 0 || text !== main.text);
  const change = {
    text,
    all: wish.workers.map(pathOf),
    standing: edit.standing,
    renewed: renewed.map(pathOf),
    gone,
    changes: published.changes,
  };
  return {
    wish,
    steps: isNeeded ? [...files, ...planTorrc(instance.name, { ...change, main })] : [],
    fresh: wish.workers.filter((worker) => dirs.get(worker)?.isFresh === true).map(({ place }) => place.directory),
    renewed: renewed.map(({ place }) => place.directory),
    gone: gone.map(baseName),
    isServing: edit.standing.size > 0 || gone.length > 0,
    warnings: [...warnForeign(dirs), ...(published.becomesHidden ? [warnHidden(wish)] : [])],
  };
};

const warnForeign = (dirs: ReadonlyMap<PlacedWorker, { readonly foreign: readonly string[] }>): Warning[] =>
  [...dirs].flatMap(([worker, { foreign }]) =>
    foreign.length === 0
      ? []
      : [
          {
            code: 'balance-other-frontends',
            message: `${nameOf(worker)} answers for ${foreign.join(', ')} too, and goes on doing so`,
          },
        ],
  );

/**
 * A service has two descriptors, each with introduction points of its own, and tor hands over the current one alone
 * (`GETINFO hs/service/desc/id/`; no event has the text of an upload). From the change of the time period until that of the
 * shared-random value it is the one whose points end with that change; directories would have the other. rend-spec-v3 §2.2.1
 */
const warnHidden = ({ id, workers }: InstanceWish): Warning => ({
  code: 'balance-points-end',
  message:
    `the introduction points of ${workers.map(({ name }) => name).join(', ')} on ${id} end every midnight (UTC): who has looked ` +
    'the address up since noon then takes some seconds longer to connect, once; workers that publish do not have this',
});
