// The helper's text: the parts beside this file in order, the scripts handed in, and a version that is their hash.
// What each verb may touch and why is in docs/adr/0001.
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../../base/json.ts';

/** Where an enrolled host has it, root:root 0755. */
export const helperPath = '/usr/local/lib/tearless/helper';

export interface RenderedHelper {
  /** What is installed on an enrolled host, and carried along by a login as root. */
  readonly text: string;
  /** 16 hexadecimal digits: helpers of one version are the same byte by byte. */
  readonly version: string;
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
}

const parts: readonly Part[] = [
  { name: '00-core', verbs: ['hello'] },
  { name: '10-paths', verbs: [] },
  { name: '20-content', verbs: [] },
  { name: '30-files', verbs: ['stat', 'list', 'read', 'write', 'remove', 'rmdir'] },
  { name: '40-units', verbs: ['units', 'unit', 'daemon-reload'] },
  {
    name: '50-packages',
    verbs: [
      'package-show',
      'package-check',
      'package-refresh',
      'package-install',
      'package-remove',
      'package-hold',
      'package-unhold',
      'package-auto',
      'package-manual',
    ],
  },
  { name: '60-control', verbs: ['control'] },
  { name: '65-onion', verbs: ['onion'] },
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
  { name: '80-cron', verbs: ['cron-read', 'cron-cut', 'cron-restore'] },
  {
    name: '85-service-dirs',
    verbs: ['service-show', 'service-make', 'service-keep', 'service-restore', 'service-configure', 'torrc-check'],
  },
  {
    name: '87-live',
    verbs: [
      'live-look',
      'live-word',
      'live-inject',
      'live-record-show',
      'live-record-put',
      'live-signers',
      'live-trust',
      'live-install',
      'live-uninstall',
      'live-use',
      'live-used',
    ],
  },
];

/** Every verb of the helper, those that only read the host included. */
export const helperVerbs: readonly string[] = [...parts.flatMap((part) => part.verbs), 'facts', 'sample'];

const readPart = (name: string): string => readFileSync(new URL(`parts/${name}.sh`, import.meta.url), 'utf8');

/** The one script that the helper lets lie on a host for root to run: a daily line on memory for the journal. */
export const memorySummary = {
  path: '/usr/local/lib/tearless/memory-summary',
  text: readFileSync(new URL('memory-summary.sh', import.meta.url), 'utf8'),
} as const;

const functionName = (verb: string): string => `verb_${verb.replaceAll('-', '_')}`;

const dispatch = (verbs: readonly string[]): string =>
  verbs.map((verb) => `${verb}) ${functionName(verb)} "$@" ;;`).join('\n');

const rootPlace: HelperPlace = { root: '', owner: 'root', group: 'root', uid: 0 };

/** Only tests hand in a place: a directory that stands before every path, and who owns what lies in it. */
export const renderHelper = (options: {
  readonly factsScript: string;
  /** Without it the helper says of the verb `sample` that it has no such one. */
  readonly sampleScript?: string;
  readonly place?: HelperPlace;
}): RenderedHelper => {
  const place = options.place ?? rootPlace;
  const reading = (verb: string, script: string): string =>
    `# Reads the host, changes nothing.\nverb_${verb}() (\n${script.trimEnd()}\n)\n`;
  const facts = reading('facts', options.factsScript);
  const sample = reading('sample', options.sampleScript ?? `fail 78 'no such verb: sample'`);
  const fixed: Readonly<Record<string, string>> = {
    ROOT: place.root,
    OWNER: place.owner,
    OWNER_GROUP: place.group,
    OWNER_UID: String(place.uid),
    SUMMARY_SUM: sha256Hex(memorySummary.text),
    DISPATCH: dispatch(helperVerbs),
  };
  const own = (name: string): string =>
    readPart(name).replace(/@([A-Z_]+)@/g, (mark, word: string) => fixed[word] ?? mark);
  const whole = [...parts.map(({ name }) => own(name)), facts, sample, own('99-main')].join('\n');
  const version = sha256Hex(whole).slice(0, 16);
  return { version, text: whole.replace('@VERSION@', version) };
};
