// The helper's text: the parts beside this file in order, the facts script handed in, and a version that is their hash.
// What each verb may touch and why is in docs/adr/0001.
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../../base/json.ts';

/** Where an enrolled host has it, root:root 0755. */
export const helperPath = '/usr/local/lib/tearless/helper';

export interface RenderedHelper {
  /** What is installed on an enrolled host. */
  readonly text: string;
  /** 16 hexadecimal digits: helpers of one version are the same byte by byte. */
  readonly version: string;
  /** The text without what this verb does not need: for a login as root, which carries it along with each call. */
  textFor(verb: string): string;
}

/** Where the helper works and who owns what lies there: `/` and root, but in tests. */
export interface HelperPlace {
  readonly root: string;
  readonly owner: string;
  readonly group: string;
  readonly uid: number;
}

interface Part {
  readonly name: string;
  readonly verbs: readonly string[];
  /** Needed by other parts too, so carried with every verb of these parts. */
  readonly neededBy?: readonly string[];
}

const parts: readonly Part[] = [
  { name: '00-core', verbs: ['hello'] },
  { name: '10-paths', verbs: [], neededBy: ['20-content', '30-files', '70-state'] },
  { name: '20-content', verbs: [], neededBy: ['30-files'] },
  { name: '30-files', verbs: ['stat', 'list', 'read', 'write', 'remove', 'rmdir'] },
  { name: '40-units', verbs: ['units', 'unit', 'daemon-reload'] },
  {
    name: '50-packages',
    verbs: ['package-show', 'package-refresh', 'package-install', 'package-remove', 'package-hold', 'package-unhold'],
  },
  { name: '60-control', verbs: ['control'] },
  {
    name: '70-state',
    verbs: [
      'lock-take',
      'lock-show',
      'lock-release',
      'journal-append',
      'journal-read',
      'journal-list',
      'owned-show',
      'owned-put',
    ],
  },
];

/** Every verb of the helper, `facts` included. */
export const helperVerbs: readonly string[] = [...parts.flatMap((part) => part.verbs), 'facts'];

const readPart = (name: string): string => readFileSync(new URL(`parts/${name}.sh`, import.meta.url), 'utf8');

const functionName = (verb: string): string => `verb_${verb.replaceAll('-', '_')}`;

const dispatch = (verbs: readonly string[]): string =>
  verbs.map((verb) => `${verb}) ${functionName(verb)} "$@" ;;`).join('\n');

const rootPlace: HelperPlace = { root: '', owner: 'root', group: 'root', uid: 0 };

/** Only tests hand in a place: a directory that stands before every path, and who owns what lies in it. */
export const renderHelper = (options: {
  readonly factsScript: string;
  readonly place?: HelperPlace;
}): RenderedHelper => {
  const place = options.place ?? rootPlace;
  const facts = `# Facts: reads the host, changes nothing.\nverb_facts() (\n${options.factsScript.trimEnd()}\n)\n`;
  const main = readPart('99-main');
  const texts = new Map(parts.map(({ name }) => [name, readPart(name)]));
  const assemble = (chosen: readonly string[], verbs: readonly string[]): string =>
    [
      ...chosen.map((name) => texts.get(name) ?? ''),
      ...(verbs.includes('facts') ? [facts] : []),
      main.replace('@DISPATCH@', () => dispatch(verbs)),
    ].join('\n');
  const fill = (text: string, version: string): string =>
    text
      .replace('@VERSION@', version)
      .replace('@ROOT@', place.root)
      .replace('@OWNER@', place.owner)
      .replace('@OWNER_GROUP@', place.group)
      .replace('@OWNER_UID@', String(place.uid));
  const whole = fill(
    assemble(
      parts.map(({ name }) => name),
      helperVerbs,
    ),
    '@VERSION@',
  );
  const version = sha256Hex(whole).slice(0, 16);
  return {
    version,
    text: fill(whole, version),
    textFor: (verb) => {
      const home = parts.find((part) => part.verbs.includes(verb))?.name;
      const chosen = parts
        .filter(({ name, neededBy = [] }) => name === '00-core' || name === home || neededBy.includes(home ?? ''))
        .map(({ name }) => name);
      return fill(assemble(chosen, helperVerbs.includes(verb) ? [verb] : []), version);
    },
  };
};
