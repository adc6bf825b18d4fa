// Changes to a torrc that touch only the lines they must. Each function returns a new tree, or the same one when
// nothing needs to change. Works on one file: what an %include brings in is flatten.ts' business.
import { TorError } from '../error.ts';
import { canonicalName, findOption, serviceGroup } from './known-options.ts';
import { encodeTorrcValue } from './quoted.ts';
import { includeName, type OptionNode, parseTorrc, renderNode, type Torrc } from './syntax.ts';

/** A stretch of nodes, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The values this file itself gives an option, in order; aliases and any case are the same option. */
export function getOption(tree: Torrc, name: string): string[] {
  return valueNodes(tree, name, wholeFile(tree)).map(({ node }) => node.value);
}

/**
 * Makes `values` the values of an option in this file, one line each. Lines that already say so stay byte for byte;
 * others are rewritten in place with their indentation, spelling and trailing comment; surplus ones go, missing ones
 * follow the last one or, if there was none, the last option of the main section. `+` and `/` prefixes of the option
 * go, because they would add to or discard what is set.
 *
 * @param values none removes the option
 * @throws TorError `torrc-bad-value`, `torrc-bad-name`, `torrc-grouped-option` (HiddenService… options belong to a
 *   service: use setServiceOption)
 * @example
 * renderTorrc(setOption(parseTorrc('orport 9001 # main\n'), 'ORPort', ['443'])); // 'orport 443 # main\n'
 */
export function setOption(tree: Torrc, name: string, values: readonly string[]): Torrc {
  refuseGrouped(name);
  return setInRange(tree, name, values, wholeFile(tree), mainSectionEnd);
}

/** Adds one more line for a repeatable option, after its last one. Same errors as setOption. */
export function addOption(tree: Torrc, name: string, value: string): Torrc {
  refuseGrouped(name);
  const last = valueNodes(tree, name, wholeFile(tree)).at(-1);
  const line = newLine(name, value, last?.node);
  return insertLines(tree, last === undefined ? mainSectionEnd(tree) : last.index + 1, [line]);
}

/** Removes all lines of an option from this file, `+` and `/` lines too. The same tree when there are none. */
export function removeOption(tree: Torrc, name: string): Torrc {
  return setOption(tree, name, []);
}

/**
 * setOption for one onion service: the lines below its `HiddenServiceDir`, up to the next one.
 *
 * @param directory the service's directory as its HiddenServiceDir line says
 * @throws TorError as setOption, and `torrc-no-such-service`
 */
export function setServiceOption(tree: Torrc, directory: string, name: string, values: readonly string[]): Torrc {
  if (findOption(name)?.group !== serviceGroup || canonicalName(name) === 'HiddenServiceDir') {
    throw usageError('grouped-option', `${quote(name)} is not an option of an onion service`, 'Use setOption.');
  }
  const range = serviceRange(tree, directory);
  return setInRange(tree, name, values, range, () => lastOptionIn(tree, range, inServiceGroup) + 1);
}

/** Adds an onion service at the end of the file. Its directory must not be configured yet. */
export function addService(
  tree: Torrc,
  directory: string,
  options: readonly { readonly name: string; readonly value: string }[],
): Torrc {
  if (getOption(tree, 'HiddenServiceDir').includes(directory)) {
    throw usageError('service-exists', `${quote(directory)} is already an onion service here`, 'Use setServiceOption.');
  }
  const lines = [{ name: 'HiddenServiceDir', value: directory }, ...options].map(({ name, value }) =>
    newLine(name, value),
  );
  return insertLines(tree, lastOptionIn(tree, wholeFile(tree), () => true) + 1 || tree.nodes.length, lines);
}

/** Removes an onion service: its HiddenServiceDir line and the service options below it, and nothing between them. */
export function removeService(tree: Torrc, directory: string): Torrc {
  const { from, to } = serviceRange(tree, directory);
  const doomed = (index: number) => index >= from && index < to && inServiceGroup(tree.nodes[index]);
  return replaceNodes(tree, (_, index) => (doomed(index) ? '' : undefined));
}

function setInRange(
  tree: Torrc,
  name: string,
  values: readonly string[],
  range: Range,
  place: (tree: Torrc) => number,
): Torrc {
  const found = matching(tree, name, range);
  const kept = found.filter(({ node }) => node.prefix !== '/');
  const changes = new Map(found.map(({ index }) => [index, '']));
  for (const [i, { node, index }] of kept.entries()) {
    const wanted = values[i];
    if (wanted === undefined) break;
    if (node.value === wanted && node.prefix === '') changes.delete(index);
    else changes.set(index, withValue(node, wanted));
  }
  const surplus = values.slice(kept.length);
  const lastKept = kept[Math.min(kept.length, values.length) - 1];
  const lines = surplus.map((value) => newLine(name, value, lastKept?.node));
  if (changes.size === 0 && lines.length === 0) return tree;
  const at = lastKept === undefined ? (found[0]?.index ?? place(tree)) : lastKept.index + 1;
  return replaceNodes(tree, (_, index) => changes.get(index), at, lines);
}

/** Rewrites an option in place: same indentation, spelling and trailing comment. */
function withValue(node: OptionNode, value: string): string {
  const lead = node.prefix === '' ? node.lead : node.lead.replace(node.prefix, '');
  const gap = node.gap === '' ? ' ' : node.gap;
  // A comment right behind a bare name has no space of its own, and a value before it would swallow the `#`.
  const tail = node.tail.startsWith('#') ? ` ${node.tail}` : node.tail;
  return lead + gap + encodeTorrcValue(value, node.name) + tail;
}

/** A fresh line without its newline, indented like `like`. */
function newLine(name: string, value: string, like?: OptionNode): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== includeName) {
    throw usageError('bad-name', `${quote(name)} is not an option name`, 'Letters, digits and _ only.');
  }
  const indent = like === undefined ? '' : (/^[ \t]*/.exec(like.lead)?.[0] ?? '');
  return `${indent}${canonicalName(name)} ${encodeTorrcValue(value, name)}`;
}

function insertLines(tree: Torrc, at: number, lines: readonly string[]): Torrc {
  return replaceNodes(tree, () => undefined, at, lines);
}

/**
 * The one place that puts text together. Keeps the file's newline style and whether its last line ends in a newline,
 * and makes sure that a new line is not swallowed by an unfinished value above it.
 *
 * @param change the new text of a node, '' to drop it, undefined to keep it
 * @param at where `lines` go, as an index into the old nodes
 */
function replaceNodes(
  tree: Torrc,
  change: (node: Torrc['nodes'][number], index: number) => string | undefined,
  at = -1,
  lines: readonly string[] = [],
): Torrc {
  const original = tree.nodes.map(renderNode);
  const newline = /\r?\n/.exec(original.join(''))?.[0] ?? '\n';
  const last = original.at(-1);
  const unterminated = last !== undefined && !last.endsWith('\n');
  const pieces: string[] = [];
  for (let index = 0; index <= tree.nodes.length; index++) {
    if (index === at) {
      const before = pieces.at(-1);
      if (lines.length > 0 && before !== undefined && isOpen(before)) pieces.push(newline);
      pieces.push(...lines.map((line) => line + newline));
    }
    const node = tree.nodes[index];
    if (node === undefined) continue;
    const text = change(node, index) ?? renderNode(node);
    if (text !== '') pieces.push(text.endsWith('\n') ? text : text + newline);
  }
  const text = pieces.join('');
  return parseTorrc(unterminated ? text.replace(/\r?\n$/, '') : text);
}

/** Whether a line put below this text would become part of its value: a `\` or a comment within a value at the end. */
function isOpen(text: string): boolean {
  const { nodes } = parseTorrc(`${text}probe`);
  const last = nodes.at(-1);
  return last === undefined || renderNode(last) !== 'probe';
}

/** After the last option above the first onion service; `%include` counts, since what stands below it wins. */
function mainSectionEnd(tree: Torrc): number {
  const firstService = tree.nodes.findIndex(inServiceGroup);
  if (firstService === -1) return lastOptionIn(tree, wholeFile(tree), () => true) + 1 || tree.nodes.length;
  const lastMain = lastOptionIn(tree, { from: 0, to: firstService }, () => true);
  if (lastMain !== -1) return lastMain + 1;
  // No option above the first service: stand above the comment that belongs to it.
  let at = firstService;
  while (at > 0 && tree.nodes[at - 1]?.kind === 'comment') at--;
  return at;
}

function lastOptionIn(tree: Torrc, { from, to }: Range, accept: (node: Torrc['nodes'][number]) => boolean): number {
  for (let index = to - 1; index >= from; index--) {
    const node = tree.nodes[index];
    if (node?.kind === 'option' && accept(node)) return index;
  }
  return -1;
}

interface Found {
  node: OptionNode;
  index: number;
}

function matching(tree: Torrc, name: string, { from, to }: Range): Found[] {
  const wanted = canonicalName(name).toLowerCase();
  const found: Found[] = [];
  for (let index = from; index < to; index++) {
    const node = tree.nodes[index];
    if (node?.kind === 'option' && canonicalName(node.name).toLowerCase() === wanted) found.push({ node, index });
  }
  return found;
}

function valueNodes(tree: Torrc, name: string, range: Range): Found[] {
  return matching(tree, name, range).filter(({ node }) => node.prefix !== '/');
}

function inServiceGroup(node: Torrc['nodes'][number] | undefined): boolean {
  return node?.kind === 'option' && findOption(node.name)?.group === serviceGroup;
}

function wholeFile(tree: Torrc): Range {
  return { from: 0, to: tree.nodes.length };
}

function serviceRange(tree: Torrc, directory: string): Range {
  const directories = valueNodes(tree, 'HiddenServiceDir', wholeFile(tree));
  const at = directories.findIndex(({ node }) => node.value === directory);
  const start = directories[at];
  if (start === undefined) {
    throw usageError('no-such-service', `no onion service ${quote(directory)} in this file`, 'Use addService.');
  }
  return { from: start.index, to: directories[at + 1]?.index ?? tree.nodes.length };
}

function refuseGrouped(name: string): void {
  if (findOption(name)?.group !== serviceGroup) return;
  const hint = 'Its meaning depends on the HiddenServiceDir above it: use setServiceOption.';
  throw usageError('grouped-option', `${quote(name)} belongs to an onion service`, hint);
}

function usageError(problem: string, what: string, hint: string): TorError {
  return new TorError(what, { kind: 'refused', code: `torrc-${problem}`, place: 'config', hint });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
