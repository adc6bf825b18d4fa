// What one relay needs to become as declared: files to write or remove, and whether tor must reload or restart for it.
import type { StepSpec } from '../change/plan.ts';
import { findOverridingDropIns, mergeEnvironment, renderDropIn } from '../daemon/drop-in.ts';
import { diffLines } from '../daemon/file-diff.ts';
import type { RelayExtra } from '../daemon/fleet-extras.ts';
import { instancePaths } from '../daemon/instance.ts';
import type { SettingChange } from '../daemon/params.ts';
import { checkTorrc, reloadSystemd, reloadTor, restartTor, verifyConfig, writeStep } from '../daemon/step-specs.ts';
import { planTorrcEdit } from '../daemon/torrc-edit.ts';
import { type AllocatorTarget, isTarget, wouldLoad } from './allocator-target.ts';
import type { SeenRelay } from './fleet-observation.ts';
import { changesEnvironment, prepareRelay } from './relay-extra.ts';
import { RelaysError } from './relays-error.ts';

export type Activation = 'none' | 'reload' | 'restart';

export interface RelayChange {
  readonly seen: SeenRelay;
  /** Undefined when no allocator is declared for it. */
  readonly target: AllocatorTarget | undefined;
  readonly activation: Activation;
  readonly steps: readonly StepSpec[];
  /** torrc options that change. */
  readonly settings: readonly SettingChange[];
  /** Last value of each of them: what it costs depends on them. */
  readonly options: ReadonlyMap<string, string>;
  /** Why a restart, in words: `loads mimalloc`. */
  readonly reasons: readonly string[];
}

/** With it tor looks into the service's directory, which a login cannot: only tor's own user can judge such a torrc. */
const balancesService = /^\s*HiddenServiceOnionBalanceInstance\s/im;

/** A drop-in of somebody else would win over ours, or go on preloading once ours is gone. */
const refuseForeign = ({ relay, instance }: SeenRelay, where: string): never => {
  throw new RelaysError({
    kind: 'refused',
    code: 'relays-foreign-drop-in',
    place: 'host',
    message: `${where} on ${relay.host} decides what ${instance.unit} preloads`,
    subject: relay.id,
    hint: 'Tearless changes only files that it owns: take that line out, or leave the relay out with --limit',
  });
};

const planDropIn = (seen: SeenRelay, target: AllocatorTarget): StepSpec[] => {
  const { instance } = seen;
  const { dropInPath } = instancePaths(instance.name);
  const own = instance.dropIns.find(({ path }) => path === dropInPath);
  const [overriding] = findOverridingDropIns(instance.dropIns);
  if (overriding !== undefined) refuseForeign(seen, `${overriding.path}:${overriding.line}`);
  if (target.config !== undefined) {
    const { library, environment } = target.config;
    const text = renderDropIn(environment === undefined ? { library } : { library, environment });
    return own?.text === text ? [] : [writeStep('drop-in', 'drop-in', dropInPath, text, own)];
  }
  const others = instance.dropIns.filter(({ path }) => path !== dropInPath);
  const left = mergeEnvironment(others.map(({ text }) => text)).get('LD_PRELOAD');
  if (left !== undefined && left !== '') {
    const culprit = others.find(({ text }) => mergeEnvironment([text]).has('LD_PRELOAD'));
    refuseForeign(seen, culprit?.path ?? 'a drop-in');
  }
  if (own === undefined) return [];
  return [
    {
      id: 'drop-in',
      kind: 'file.remove',
      symbol: '-',
      summary: `remove drop-in ${dropInPath}`,
      detail: diffLines(own.text, ''),
      params: { path: dropInPath, expects: own.sha256, adopted: false },
    },
  ];
};

/** Steps that bring the allocator; none when it is loaded and would be loaded again. */
const planAllocator = (seen: SeenRelay, target: AllocatorTarget): { steps: StepSpec[]; restart: boolean } => {
  const { facts, instance } = seen;
  const loaded = instance.process !== undefined && isTarget(instance.process.allocator, target);
  const configured = wouldLoad(facts, instance, target);
  if (loaded && configured) return { steps: [], restart: false };
  const steps = configured ? [] : planDropIn(seen, target);
  return { steps, restart: !loaded };
};

const writtenFiles = (steps: readonly StepSpec[]): Map<string, string> =>
  new Map(
    steps.flatMap(({ params: { path, content } }) =>
      typeof path === 'string' && typeof content === 'string' ? [[path, content] as const] : [],
    ),
  );

/**
 * @param target which allocator it shall have; undefined leaves it as it is
 * @param extra what else shall be done to it
 * @throws RelaysError `relays-foreign-drop-in`; DaemonError and TorError for torrc settings that cannot be had
 */
export const planRelayChange = (
  found: SeenRelay,
  target: AllocatorTarget | undefined,
  extra: RelayExtra = {},
): RelayChange => {
  const { seen, steps: leavings } = prepareRelay(found, extra);
  const { relay, instance } = seen;
  const allocator = target === undefined ? { steps: [], restart: false } : planAllocator(seen, target);
  const edit = relay.torrc.size === 0 ? undefined : planTorrcEdit(instance.torrc, relay.torrc);
  const main = instance.torrc[0];
  const torrcSteps =
    edit === undefined || edit.activation === 'none' || main === undefined
      ? []
      : [
          ...(balancesService.test(edit.text) ? [checkTorrc(instance.name, edit.text)] : []),
          writeStep('torrc', 'torrc', main.path, edit.text, main),
          ...(balancesService.test(edit.text) ? [] : [verifyConfig(instance.name)]),
        ];
  const settings = (edit?.changes ?? []).map(
    ({ name, before, after }): SettingChange => ({
      name,
      before: [...before],
      after: after === null ? null : [...after],
    }),
  );
  const units = [...leavings, ...allocator.steps];
  const environmentChanges =
    leavings.length > 0 && changesEnvironment(found.instance.dropIns, instance.dropIns, writtenFiles(allocator.steps));
  const states = [...units, ...torrcSteps];
  const reasons = [
    ...(allocator.restart && target !== undefined ? [`loads ${target.name}`] : []),
    ...(environmentChanges && !allocator.restart ? ['its environment changes'] : []),
    ...(edit?.restartReasons ?? []),
    ...(extra.restart === undefined ? [] : [extra.restart]),
  ];
  const restarts = allocator.restart || environmentChanges || extra.restart !== undefined;
  const activation: Activation = restarts ? 'restart' : (edit?.activation ?? 'none');
  const activations: StepSpec[] = [];
  if (units.length > 0) activations.push(reloadSystemd(instance.name));
  if (activation === 'restart') activations.push(restartTor(instance.name, reasons));
  if (activation === 'reload') activations.push(reloadTor(instance.name, settings));
  return {
    seen,
    target,
    activation,
    steps: [...states, ...activations],
    settings,
    options: new Map(settings.map(({ name, after }) => [name, after?.at(-1) ?? ''])),
    reasons,
  };
};
