// Takes names out of sentences: nicknames, fingerprints, hosts, addresses and directories become something that says nothing,
// and so does the order in which relays are listed.
import type { PrivateNames } from '../experiment-report.ts';

export type Scrub = (text: string) => string;

const quote = (name: string): string => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** What a fingerprint, an address or a path looks like, also where nobody told us that it would be there. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(?<![0-9A-Za-z])\$?[0-9A-Fa-f]{40}(?![0-9A-Za-z])/g, '[fingerprint]'],
  // Versions of tor have four numbers too, and begin with 0, which no address does.
  [/(?<![0-9.])[1-9]\d{0,2}(?:\.\d{1,3}){3}(?![0-9.]*\d)/g, '[address]'],
  [/(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f]{1,4}){1,7}(?![0-9A-Za-z:])/g, '[address]'],
  [/(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z:])/g, '[address]'],
  [/(?<![\w.)\]])~?(?:\/[^\s/'"`,;:()]+)+\/(?=[^\s/])/g, ''],
];

/** `on 2026-01-05 21:56 UTC` becomes `on 2026-01-05`: when a relay restarted to the minute, its descriptor tells as well. */
export const hideTimes: Scrub = (text) =>
  text.replace(/(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC)?/g, '$1');

export const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/**
 * Sentences list relays by name, so the order of a list tells which number comes first in the alphabet, and a list that is cut
 * short tells which numbers come first of all: lists are put into the order of the numbers, and cut ones are taken out.
 */
const hideOrder = (pseudonyms: ReadonlyMap<string, string>): Scrub => {
  if (pseudonyms.size === 0) return (text) => text;
  const one = `(?:${[...new Set(pseudonyms.values())]
    .sort((a, b) => b.length - a.length)
    .map(quote)
    .join('|')})(?![0-9A-Za-z-])`;
  const list = new RegExp(`(?<![0-9A-Za-z-])${one}(?:(?:,| and|, and) ${one})*(,? and \\d+ more)?`, 'gu');
  return (text) =>
    text.replace(list, (run: string, cut: string | undefined) => {
      if (cut !== undefined) return 'several relays';
      const numbers = run.split(/,? and |, /).sort(byNumber);
      let next = 0;
      return run.replace(new RegExp(one, 'gu'), (number) => numbers[next++] ?? number);
    });
};

/**
 * @param pseudonyms by relay id
 * @returns a function that replaces whole words only, in whatever case: `co` in `host co`, not in `cost`
 */
export const makeScrub = (names: PrivateNames, pseudonyms: ReadonlyMap<string, string>): Scrub => {
  const replacements = new Map<string, string>();
  const add = (name: string | undefined, replacement: string): void => {
    const key = name?.toLowerCase();
    if (key !== undefined && key.trim() !== '' && !replacements.has(key)) replacements.set(key, replacement);
  };
  for (const [relay, pseudonym] of pseudonyms) add(relay, pseudonym);
  for (const { relay, nickname, fingerprint } of names.relays) {
    const pseudonym = pseudonyms.get(relay) ?? '[relay]';
    add(nickname, pseudonym);
    add(fingerprint, pseudonym);
    // The instance's own name, where the id says which host it is on.
    add(relay.split('/').at(-1), pseudonym);
  }
  for (const [index, host] of names.hosts.entries()) add(host, `host-${index + 1}`);
  // The longest first: `h1/alice` before `alice`.
  const known = [...replacements.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const word =
    known.length === 0
      ? undefined
      : new RegExp(`(?<![0-9A-Za-z])(?:${known.map(quote).join('|')})(?![0-9A-Za-z])`, 'giu');
  const inOrder = hideOrder(pseudonyms);
  return (text) => {
    const named =
      word === undefined ? text : text.replace(word, (name) => replacements.get(name.toLowerCase()) ?? '[name]');
    return inOrder(patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), named));
  };
};
