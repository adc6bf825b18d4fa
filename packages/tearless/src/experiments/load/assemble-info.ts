// What an experiment is, from what was declared and what its files say. Declared first, then experiment.json, then the rest.
import type { Arm, ExperimentInfo } from '../model/experiment.ts';
import type { DeclaredExperiment, ManifestDocument, RelayConfigDocument, SourceDocument } from './documents.ts';

/** Words for an arm that got nothing new. */
const controlWord = /^(control|baseline|reference)( group)?$/i;
/** What says nothing about a treatment. */
const idleSettings = new Set(['allocator', 'version', 'notes', 'note', 'description']);
const nothingSaid = /^(no|none|without)\b.*|^(default|stock|unmodified|control)$/i;

const isUntouched = ({ config }: Arm): boolean =>
  /^(glibc|system|default|ptmalloc)\b/i.test(String(config.allocator ?? '')) &&
  Object.entries(config).every(
    ([name, value]) => idleSettings.has(name.toLowerCase()) || value === '' || nothingSaid.test(String(value)),
  );

/** The arm that the others are compared with: as named, else the one arm that got nothing, else `Z`. */
export const findControl = (arms: readonly Arm[], said: string | undefined): string | undefined => {
  if (said !== undefined)
    return arms.find(({ id, name }) => id === said || name.toLowerCase() === said.toLowerCase())?.id;
  const named = arms.filter(({ id, name }) => controlWord.test(id.trim()) || controlWord.test(name.trim()));
  if (named.length > 0) return named.length === 1 ? named[0]?.id : undefined;
  const untouched = arms.filter(isUntouched);
  if (untouched.length > 0) return untouched.length === 1 ? untouched[0]?.id : undefined;
  return arms.find(({ id }) => id === 'Z')?.id;
};

/** Settings that all relays of an arm share, from the list of relays. */
const sharedSettings = (documents: readonly RelayConfigDocument[], arm: string): Record<string, string> => {
  const rows = documents.flatMap(({ relays }) => relays).filter((relay) => relay.arm === arm);
  const [first] = rows;
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first.settings).filter(
      ([name, value]) => value !== '' && rows.every(({ settings }) => settings[name] === value),
    ),
  );
};

const ofKind = <K extends SourceDocument['kind']>(
  documents: readonly SourceDocument[],
  kind: K,
): Extract<SourceDocument, { kind: K }>[] =>
  documents.filter((document): document is Extract<SourceDocument, { kind: K }> => document.kind === kind);

/** @param labels arms that rows and lists name, in order of appearance */
export const assembleInfo = (
  id: string,
  declared: DeclaredExperiment,
  documents: readonly SourceDocument[],
  labels: readonly string[],
  naiveTimes: boolean,
): ExperimentInfo => {
  const manifest: ManifestDocument | undefined = ofKind(documents, 'manifest')[0];
  const configs = ofKind(documents, 'relay-config');
  const written: readonly Arm[] = (declared.info?.arms ?? manifest?.arms ?? []) as readonly Arm[];
  const unwritten = [...new Set(labels)].filter((label) => !written.some((arm) => arm.id === label));
  const arms = [...written, ...unwritten.map((label): Arm => ({ id: label, name: label, config: {} }))].map(
    (arm): Arm => {
      const config = Object.keys(arm.config).length > 0 ? arm.config : sharedSettings(configs, arm.id);
      return { id: arm.id, name: arm.name, config, ...(arm.addedMs === undefined ? {} : { addedMs: arm.addedMs }) };
    },
  );
  const timeZone = naiveTimes && declared.timeZone === undefined ? 'naive' : 'utc';
  const control = findControl(arms, declared.control ?? declared.info?.control ?? manifest?.control);
  if (declared.info !== undefined) {
    const { arms: _, control: __, ...info } = declared.info;
    return { ...(info as Omit<ExperimentInfo, 'arms' | 'control'>), id, arms, control, timeZone };
  }
  const { title = id, hypothesis, description, torVersion, startMs, endMs } = manifest ?? {};
  return {
    id,
    title,
    ...(hypothesis === undefined ? {} : { hypothesis }),
    ...(description === undefined ? {} : { description }),
    ...(torVersion === undefined ? {} : { torVersion }),
    arms,
    control,
    assignment: { method: 'unknown' },
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    timeZone,
  };
};
