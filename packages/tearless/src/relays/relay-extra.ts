// A relay as it will be once what a plan takes away besides is gone, and the steps for that. Pure.
import type { StepSpec } from '../change/plan.ts';
import { mergeEnvironment } from '../daemon/drop-in.ts';
import { diffLines } from '../daemon/file-diff.ts';
import type { RelayExtra, ReplacedFile } from '../daemon/fleet-extras.ts';
import type { FileFacts } from '../facts/observed.ts';
import type { SeenRelay } from './fleet-observation.ts';
import { RelaysError } from './relays-error.ts';

export interface PreparedRelay {
  /** Its drop-ins, their environment and the options it shall have as they will be. */
  readonly seen: SeenRelay;
  readonly steps: readonly StepSpec[];
}

const planReplacement = ({ path, text, why }: ReplacedFile, file: FileFacts, index: number): StepSpec => {
  const common = { id: `leaving-${index + 1}`, detail: diffLines(file.text, text ?? '') };
  if (text === null)
    return {
      ...common,
      kind: 'file.remove',
      symbol: '-',
      summary: `remove drop-in ${path}: ${why}`,
      params: { path, expects: file.sha256, adopted: true },
    };
  const { mode, owner, group } = file;
  return {
    ...common,
    kind: 'file.write',
    symbol: '~',
    summary: `take lines out of drop-in ${path}: ${why}`,
    params: { path, content: text, expects: file.sha256, mode, owner, group },
  };
};

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const variablesOf = (dropIns: readonly FileFacts[]): ReadonlyMap<string, string> =>
  mergeEnvironment(dropIns.map(({ text }) => text));

/**
 * Whether a process started with the drop-ins `after` has other variables than one started with those `before`.
 * @param written drop-ins that the plan writes, path and text
 */
export const changesEnvironment = (
  before: readonly FileFacts[],
  after: readonly FileFacts[],
  written: ReadonlyMap<string, string>,
): boolean => {
  const kept = after.filter(({ path }) => !written.has(path));
  const all = [...kept, ...[...written].map(([path, text]) => ({ path, text }))];
  const inOrder = all.sort((a, b) => (fileName(a.path) < fileName(b.path) ? -1 : 1));
  const [old, young] = [variablesOf(before), mergeEnvironment(inOrder.map(({ text }) => text))];
  return old.size !== young.size || [...old].some(([name, value]) => young.get(name) !== value);
};

/** @throws RelaysError `relays-no-such-drop-in` when the file is not among the relay's drop-ins */
export const prepareRelay = (seen: SeenRelay, extra: RelayExtra): PreparedRelay => {
  const { relay, instance } = seen;
  const replaced = new Map((extra.dropIns ?? []).map((file) => [file.path, file]));
  const steps = [...replaced.values()].map((file, index) => {
    const standing = instance.dropIns.find(({ path }) => path === file.path);
    if (standing !== undefined) return planReplacement(file, standing, index);
    throw new RelaysError({
      kind: 'refused',
      code: 'relays-no-such-drop-in',
      place: 'host',
      message: `${file.path} on ${relay.host} is no drop-in of ${instance.unit}`,
      subject: relay.id,
      hint: 'the host has changed since it was looked at: plan again',
    });
  });
  const dropIns = instance.dropIns.flatMap((file): FileFacts[] => {
    const change = replaced.get(file.path);
    if (change === undefined) return [file];
    return change.text === null ? [] : [{ ...file, text: change.text }];
  });
  const before = variablesOf(instance.dropIns);
  const after = variablesOf(dropIns);
  const elsewhere = Object.entries(instance.environment).filter(([name]) => !before.has(name));
  const known = new Set([...relay.torrc.keys()].map((name) => name.toLowerCase()));
  const others = new Map<string, readonly string[] | null>([
    ...(extra.forgetOptions ?? []).map((name) => [name, null] as const),
    ...(extra.restoreOptions ?? []),
  ]);
  const wanted = [...others].filter(([name]) => !known.has(name.toLowerCase()));
  return {
    seen: {
      ...seen,
      relay: { ...relay, torrc: new Map([...relay.torrc, ...wanted]) },
      instance:
        steps.length === 0
          ? instance
          : { ...instance, dropIns, environment: Object.fromEntries([...elsewhere, ...after]) },
    },
    steps,
  };
};
