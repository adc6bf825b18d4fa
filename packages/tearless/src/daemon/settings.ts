// Whether a running tor has the settings that its torrc shall have given it: asked on its control port (GETCONF, config-text).
import type { Controller } from '@tearless/tor/control/controller.ts';
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { optionNodes, parseTorrc } from '@tearless/tor/torrc/syntax.ts';
import { areSameValues } from '@tearless/tor/torrc/value.ts';
import type { SettingChange } from './params.ts';

/** Values as tor itself writes them, by option; what `GETCONF` said. */
export type SettingValues = Readonly<Record<string, readonly string[]>>;

/** What tor has now for the options of the changes. */
export const readSettings = async (
  controller: Controller,
  changes: readonly SettingChange[],
): Promise<SettingValues> => (changes.length === 0 ? {} : await controller.getConf(changes.map(({ name }) => name)));

/** Options that stand in tor's own account of what was set (all that is not at its default). */
const namesSet = async (controller: Controller): Promise<ReadonlySet<string>> =>
  new Set(optionNodes(parseTorrc(await controller.getInfo('config-text'))).map(({ name }) => canonicalName(name)));

/**
 * The changes that tor has not taken up.
 * @param former what `readSettings` said before the change, where it is known: tor may write a value otherwise than we do,
 * and then it counts that the value is no longer the former one
 */
export const findNotInEffect = async (
  controller: Controller,
  changes: readonly SettingChange[],
  former: SettingValues = {},
): Promise<SettingChange[]> => {
  const now = await readSettings(controller, changes);
  const set = changes.some(({ after }) => after === null) ? await namesSet(controller) : new Set<string>();
  return changes.filter(({ name, before, after }) => {
    const values = now[name] ?? [];
    const formerValues = former[name];
    const moved = formerValues !== undefined && !areSameValues(name, values, formerValues);
    if (after !== null) return !areSameValues(name, values, after) && !(moved && !areSameValues(name, values, before));
    // removed: back at the default, or at what Debian's defaults file says
    return set.has(canonicalName(name)) && areSameValues(name, values, before) && !moved;
  });
};
