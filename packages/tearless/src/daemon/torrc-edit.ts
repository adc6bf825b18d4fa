// Plans a change of torrc options: the new text of the main file, whether a reload takes it up or a restart must, and a
// refusal where Tearless cannot do what is asked. Pure; writing is the generic file step's business.
import { setOption } from '@tearless/tor/torrc/edit.ts';
import { canonicalName, findOption } from '@tearless/tor/torrc/known-options.ts';
import { parseTorrc, renderTorrc } from '@tearless/tor/torrc/syntax.ts';
import { areSameValues } from '@tearless/tor/torrc/value.ts';
import { judgeTorrcOption } from '../config/torrc-options.ts';
import { DaemonError } from './daemon-error.ts';
import { decidingLine, effectiveValues, type TorrcFile } from './torrc-files.ts';

/** Values of one option; null: it shall not be set. */
export type WantedValues = readonly string[] | null;

export interface OptionChange {
  /** As tor spells it. */
  readonly name: string;
  /** Empty when it was not set. */
  readonly before: readonly string[];
  readonly after: WantedValues;
}

export interface TorrcEdit {
  /** The main torrc's new text; the same text when nothing changes. */
  readonly text: string;
  readonly changes: readonly OptionChange[];
  /** What makes the running tor take them up. */
  readonly activation: 'none' | 'reload' | 'restart';
  /** Why a reload is not enough, option by option. */
  readonly restartReasons: readonly string[];
}

/** With the sandbox active tor refuses to change these while it runs, and a SIGHUP that tries ends it (tor 0.4.9, config.c). */
const fixedInSandbox = new Set(['Address', 'ConnLimit']);

const refuse = (code: string, message: string, hint: string): never => {
  throw new DaemonError({ kind: 'config', code, place: 'config', message, hint });
};

/** @throws DaemonError `daemon-unknown-option` and the like */
const checkOption = (name: string, values: WantedValues): void => {
  const complaint = judgeTorrcOption(name, values);
  if (complaint !== undefined) refuse(`daemon-${complaint.code}`, complaint.message, complaint.hint);
};

/** The port of `443`, `127.0.0.1:443 NoAdvertise`, `[::1]:443`; undefined for `auto`, `unix:…` and anything else. */
const portOf = (value: string): number | undefined => {
  const text = /^(?:\[[^\]]*\]:|[^\s:]+:)?(\d{1,5})(?:\s|$)/.exec(value)?.[1];
  return text === undefined ? undefined : Number(text);
};

const restartReason = (change: OptionChange, values: ReadonlyMap<string, readonly string[]>): string | undefined => {
  const { name, before, after } = change;
  if (findOption(name)?.change === 'restart') return `${name} cannot change while tor runs`;
  const sandboxed = values.get('Sandbox')?.at(-1) === '1';
  if (sandboxed && fixedInSandbox.has(name)) return `${name} cannot change while tor runs in its sandbox`;
  const opened = (after ?? []).filter((value) => !before.includes(value));
  const low = name.endsWith('Port')
    ? opened.map(portOf).find((port) => port !== undefined && port > 0 && port < 1024)
    : undefined;
  return low === undefined ? undefined : `${name} ${low} can only be opened before tor gives up root`;
};

/**
 * @param files the instance's main torrc first, then what it includes
 * @param wanted options by name in any spelling; others stay as they are
 * @throws DaemonError (kind `config`) `daemon-unknown-option`, `daemon-obsolete-option`, `daemon-fixed-option`,
 *   `daemon-guarded-option`, `daemon-service-option`, `daemon-option-once`, `daemon-option-value`, `daemon-include-wins`;
 *   TorError that the parser throws
 */
export const planTorrcEdit = (files: readonly TorrcFile[], wanted: ReadonlyMap<string, WantedValues>): TorrcEdit => {
  const valuesBefore = effectiveValues(files);
  const [main, ...included] = files;
  if (main === undefined) throw new Error('effectiveValues takes no empty list');
  let tree = parseTorrc(main.text);
  const changes: OptionChange[] = [];
  for (const [written, values] of wanted) {
    checkOption(written, values);
    const name = canonicalName(written);
    const after = values === null || values.length === 0 ? null : values;
    const before = valuesBefore.get(name) ?? [];
    if (areSameValues(name, before, after ?? [])) continue;
    changes.push({ name, before, after });
    tree = setOption(tree, name, after ?? []);
  }
  if (changes.length === 0) return { text: main.text, changes, activation: 'none', restartReasons: [] };
  const text = renderTorrc(tree);
  const edited = [{ ...main, text }, ...included];
  const valuesAfter = effectiveValues(edited);
  for (const { name, after } of changes) {
    if (areSameValues(name, valuesAfter.get(name) ?? [], after ?? [])) continue;
    const winner = decidingLine(edited, name);
    const where = winner === undefined ? 'an included file' : `${winner.file}:${winner.line}`;
    refuse('daemon-include-wins', `${name} is set by ${where}, which wins over ${main.path}`, `change it in ${where}`);
  }
  const restartReasons = changes.flatMap((change) => restartReason(change, valuesBefore) ?? []);
  return { text, changes, activation: restartReasons.length === 0 ? 'reload' : 'restart', restartReasons };
};
