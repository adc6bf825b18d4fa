// What an experiment that Tearless began added to hosts, read from the journals of its runs rather than guessed. Pure.
import { comparableValue } from '@tearless/tor/torrc/value.ts';
import { sha256Hex } from '../../base/json.ts';
import type { StepSpec } from '../../change/plan.ts';
import { type ItemState, isBegun, type RunState, stepOf } from '../../change/state.ts';
import { FileMemory } from '../../change/steps/file-state.ts';
import { PackageMemory } from '../../change/steps/package-install.ts';
import { effectiveValues } from '../../daemon/torrc-files.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';
import type { Leaving } from './leaving.ts';

export interface JournalInput {
  /** Runs that began the experiment, the oldest first. */
  readonly runs: readonly RunState[];
  readonly hosts: readonly HostFacts[];
  /** Whether the configuration, without the experiment, decides a torrc option for a relay. */
  readonly isDeclared: (relay: string, option: string) => boolean;
  /** Whether the configuration, without the experiment, decides the relay's allocator. */
  readonly hasAllocator: (relay: string) => boolean;
  /** Whether an allocator that the configuration gives to a relay of the host comes from the package. */
  readonly usesPackage: (host: string, name: string) => boolean;
}

interface DoneStep {
  readonly run: string;
  readonly host: string;
  readonly item: ItemState;
  readonly step: StepSpec;
}

const doneSteps = ({ run, plan, items }: RunState): DoneStep[] =>
  plan.items.flatMap((spec) => {
    const item = items[spec.id];
    if (item === undefined || item.phase === 'undone') return [];
    return spec.steps.flatMap((step) =>
      isBegun(stepOf(item, step.id)) && stepOf(item, step.id).undo !== 'done'
        ? [{ run, host: spec.host, item, step }]
        : [],
    );
  });

/** What stood there before, and what was written; undefined for steps that write no file. */
const readWrite = ({ item, step }: DoneStep) => {
  const { path, content } = step.params;
  const memory = FileMemory.safeParse(stepOf(item, step.id).memory);
  if (step.kind !== 'file.write' || typeof path !== 'string' || typeof content !== 'string' || !memory.success)
    return undefined;
  const former =
    memory.data.former === null ? null : Buffer.from(memory.data.former.contentBase64, 'base64').toString('utf8');
  return { path, content, former };
};

const why = ({ run, step }: DoneStep): string => `run ${run} did it: ${step.summary}`;

const ownUnit = /^\/etc\/systemd\/system\/(tearless-[^/]+\.(?:timer|service))$/;

const timersAndFiles = (steps: readonly DoneStep[], facts: HostFacts): Leaving[] => {
  const found = new Map<string, Leaving>();
  for (const done of steps) {
    const write = readWrite(done);
    const unit = write === undefined || write.former !== null ? undefined : ownUnit.exec(write.path)?.[1];
    if (write === undefined || unit === undefined) continue;
    const shared = {
      host: facts.host,
      path: write.path,
      origin: 'experiment',
      verdict: 'remove',
      evidence: [why(done)],
    } as const;
    const timer = facts.timers.find((each) => each.unit === unit);
    const timerId = `${facts.host}:${unit}`;
    if (timer !== undefined)
      found.set(timerId, {
        ...shared,
        id: timerId,
        text: `${unit} (${timer.activeState ?? 'not loaded'}, ${timer.unitFileState})`,
        action: {
          kind: 'timer',
          unit,
          isActive: timer.activeState === 'active',
          isEnabled: timer.unitFileState === 'enabled',
        },
      });
    // Where the timer is gone, an earlier call took its files too.
    const timerUnit = unit.replace(/\.service$/, '.timer');
    if (!facts.timers.some((each) => each.unit === timerUnit)) continue;
    found.set(`${facts.host}:${write.path}`, {
      ...shared,
      id: `${facts.host}:${write.path}`,
      text: unit,
      action: { kind: 'unit-file', sha256: sha256Hex(write.content), usedBy: [`${facts.host}:${timerUnit}`] },
    });
  }
  return [...found.values()];
};

const isSame = (name: string, a: readonly string[], b: readonly string[]): boolean => {
  const normal = (values: readonly string[]): string => values.map((value) => comparableValue(name, value)).join('\n');
  return normal(a) === normal(b);
};

const optionsOf = (path: string, text: string) => effectiveValues([{ path, text }]);

const changedOptions = (
  steps: readonly DoneStep[],
  { host }: HostFacts,
  instance: InstanceFacts,
  isDeclared: JournalInput['isDeclared'],
): Leaving[] => {
  const relay = `${host}/${instance.name}`;
  const now = instance.torrc.length === 0 ? new Map<string, readonly string[]>() : effectiveValues(instance.torrc);
  const found = new Map<string, Leaving>();
  for (const done of steps) {
    const write = readWrite(done);
    if (write === undefined || write.former === null || write.path !== instance.torrc[0]?.path) continue;
    const [before, after] = [optionsOf(write.path, write.former), optionsOf(write.path, write.content)];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [old, young, standing] = [before.get(name) ?? [], after.get(name) ?? [], now.get(name) ?? []];
      const id = `${relay}:${name}`;
      if (isSame(name, old, young) || isDeclared(relay, name) || found.has(id)) continue;
      if (isSame(name, old, standing)) continue;
      const untouched = isSame(name, young, standing);
      const show = (values: readonly string[]): string => (values.length === 0 ? 'not set' : values.join(', '));
      found.set(id, {
        id,
        host,
        relay,
        path: write.path,
        text: `${name} ${show(standing)}`,
        origin: 'experiment',
        verdict: untouched ? 'remove' : 'ask',
        evidence: untouched
          ? [why(done), `before it was ${show(old)}`]
          : [why(done), `it set ${show(young)}; somebody changed it since`],
        action: { kind: 'option', name, ...(old.length === 0 ? {} : { former: old }) },
      });
    }
  }
  return [...found.values()];
};

/** The allocator's drop-in of a relay that nothing gives an allocator once the experiment is over. */
const ownDropIn = (steps: readonly DoneStep[], { host }: HostFacts, instance: InstanceFacts): Leaving[] => {
  const written = steps.flatMap((done) => {
    const write = readWrite(done);
    return write === undefined ? [] : [{ done, ...write }];
  });
  return instance.dropIns.flatMap((file): Leaving[] => {
    const own = written.filter(({ path }) => path === file.path);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined || file.text === first.former) return [];
    const untouched = file.text === last.content;
    return [
      {
        id: `${host}:${file.path}`,
        host,
        relay: `${host}/${instance.name}`,
        path: file.path,
        text: file.path.slice(file.path.lastIndexOf('/') + 1),
        origin: 'experiment',
        verdict: untouched ? 'remove' : 'ask',
        evidence: [why(first.done), ...(untouched ? [] : ['somebody changed it since'])],
        action: { kind: 'drop-in', after: first.former },
      },
    ];
  });
};

/** Packages that were installed or held for an arm, and that no relay of the host needs afterwards. */
const packagesOf = (
  steps: readonly DoneStep[],
  { host, packages }: HostFacts,
  usesPackage: JournalInput['usesPackage'],
): Leaving[] => {
  const found = new Map<string, Leaving>();
  for (const done of steps) {
    const { step, item } = done;
    const { name } = step.params;
    const memory = PackageMemory.safeParse(stepOf(item, step.id).memory);
    if (step.kind !== 'package.install' || typeof name !== 'string' || !memory.success || found.has(name)) continue;
    const standing = packages.find((each) => each.name === name);
    const { installed, held } = memory.data;
    const isAsBefore =
      standing === undefined ? installed === null : standing.version === installed && standing.held === held;
    if (standing === undefined || isAsBefore || usesPackage(host, name)) continue;
    found.set(name, {
      id: `${host}:${name}`,
      host,
      path: name,
      text: `${name} ${standing.version}${standing.held ? ', held' : ''}`,
      origin: 'experiment',
      verdict: 'remove',
      evidence: [
        why(done),
        `before it was ${installed === null ? 'not installed' : `${installed}${held ? ', held' : ', not held'}`}, and no relay of ${host} needs it any more`,
      ],
      action: { kind: 'package', name, version: standing.version, former: { version: installed, held } },
    });
  }
  return [...found.values()];
};

export const readLeavings = ({ runs, hosts, isDeclared, hasAllocator, usesPackage }: JournalInput): Leaving[] => {
  const all = runs.flatMap(doneSteps);
  return hosts.flatMap((facts) => {
    const steps = all.filter(({ host }) => host === facts.host);
    return [
      ...timersAndFiles(steps, facts),
      ...facts.instances.flatMap((instance) => [
        ...(hasAllocator(`${facts.host}/${instance.name}`) ? [] : ownDropIn(steps, facts, instance)),
        ...changedOptions(steps, facts, instance, isDeclared),
      ]),
      ...packagesOf(steps, facts, usesPackage),
    ];
  });
};
