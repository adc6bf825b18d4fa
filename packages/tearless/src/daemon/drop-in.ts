// The drop-in that makes systemd start tor with another allocator, and reading drop-ins (ours and others') to see which
// environment they leave. Unit-file syntax: systemd.syntax(7); merging of drop-ins: systemd.unit(5).
import { DaemonError } from './daemon-error.ts';
import { dropInFileName } from './instance.ts';
import { decodeEnvironment, encodeEnvironment } from './unit-value.ts';

export interface AllocatorDropIn {
  /** Absolute path of the shared library that LD_PRELOAD names. */
  readonly library: string;
  /** Further variables for the allocator, such as MALLOC_CONF. */
  readonly environment?: Readonly<Record<string, string>>;
}

const header = '# Written by Tearless from tearless.yaml; changes made here are found as drift.';

/**
 * LD_PRELOAD is a list split at colons and white space, and ld.so expands `$ORIGIN`, `$LIB`, `$PLATFORM` (ld.so(8)). Root runs
 * the library when tor starts, so the host's helper takes it from the library directories alone, and so do we.
 */
const libraryPath = /^\/(?:usr\/lib|lib|usr\/local\/lib)(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9_.+-]+)+$/;

const number = /^[0-9]+$/;

/** The variables that allocators read, and what may stand in them: as the host's helper checks them. */
const allocatorVariables: readonly { readonly name: RegExp; readonly value: RegExp }[] = [
  { name: /^MALLOC_(ARENA_MAX|ARENA_TEST|TRIM_THRESHOLD_|TOP_PAD_|MMAP_THRESHOLD_|MMAP_MAX_)$/, value: number },
  { name: /^MALLOC_CONF$/, value: /^(?!.*prof)[A-Za-z0-9_:,.-]+$/ },
  { name: /^MIMALLOC_[A-Z0-9_]+$/, value: /^[A-Za-z0-9]+$/ },
  { name: /^TCMALLOC_[A-Z_]+$/, value: /^([0-9.]+|t|f|true|false)$/ },
  { name: /^GLIBC_TUNABLES$/, value: /^glibc\.malloc\.[a-z_]+=[0-9]+(:glibc\.malloc\.[a-z_]+=[0-9]+)*$/ },
];

const refuse = (code: string, message: string, hint: string): never => {
  throw new DaemonError({ kind: 'config', code, place: 'config', message, hint });
};

const checkLibrary = (library: string): void => {
  if (libraryPath.test(library)) return;
  refuse(
    'daemon-bad-library',
    `${JSON.stringify(library)} cannot stand in LD_PRELOAD`,
    'name a library below /usr/lib, /lib or /usr/local/lib by its path, of letters, digits and _ . + -',
  );
};

const checkVariable = (name: string, value: string): void => {
  const rule = allocatorVariables.find((entry) => entry.name.test(name));
  if (rule === undefined) {
    const hint =
      'MALLOC_…, MALLOC_CONF, MIMALLOC_…, TCMALLOC_… and GLIBC_TUNABLES may be set; the library sets LD_PRELOAD';
    refuse('daemon-bad-environment', `${JSON.stringify(name)} is no variable of an allocator`, hint);
  } else if (!rule.value.test(value)) {
    refuse('daemon-bad-environment', `${name} cannot be ${JSON.stringify(value)}`, 'look up what the allocator takes');
  }
};

/**
 * @throws DaemonError `daemon-bad-library`, `daemon-bad-environment` for what would not work or what no host takes
 */
export const renderDropIn = ({ library, environment = {} }: AllocatorDropIn): string => {
  checkLibrary(library);
  for (const [name, value] of Object.entries(environment)) checkVariable(name, value);
  const lines = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    header,
    '[Service]',
    `Environment=${encodeEnvironment({ LD_PRELOAD: library })}`,
    ...lines.map(([name, value]) => `Environment=${encodeEnvironment({ [name]: value })}`),
    '',
  ].join('\n');
};

export interface UnitAssignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** From 1: where it begins. */
  readonly line: number;
}

/** An odd number of backslashes at the end: the next line belongs to this one. */
const isContinued = (text: string): boolean => (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1;

/** All assignments of a unit file in order; comments, blank lines and what stands before the first section are left out. */
export const parseUnitFile = (text: string): UnitAssignment[] => {
  const assignments: UnitAssignment[] = [];
  let section = '';
  let continued: { readonly text: string; readonly line: number } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const part = raw.replace(/^[ \t]+/, '');
    // a comment between continued lines is skipped and does not end them
    if (/^[#;]/.test(part)) continue;
    const whole = { text: (continued?.text ?? '') + part, line: continued?.line ?? index + 1 };
    if (isContinued(part)) {
      continued = { ...whole, text: `${whole.text.slice(0, -1)} ` };
      continue;
    }
    continued = undefined;
    const trimmed = whole.text.trim();
    const opened = /^\[(.*)\]$/.exec(trimmed)?.[1];
    const equals = trimmed.indexOf('=');
    if (opened !== undefined) section = opened;
    else if (equals > 0 && section !== '') {
      const [key, value] = [trimmed.slice(0, equals).trim(), trimmed.slice(equals + 1).trim()];
      assignments.push({ section, key, value, line: whole.line });
    }
  }
  return assignments;
};

/**
 * The variables that a unit's files leave, read in the order given (systemd merges by file name): a later assignment of
 * the same variable wins, an empty `Environment=` forgets all before it, `UnsetEnvironment=` removes at the end.
 * What an `EnvironmentFile=` brings is not seen here.
 */
export const mergeEnvironment = (texts: readonly string[]): ReadonlyMap<string, string> => {
  const variables = new Map<string, string>();
  let removed: string[] = [];
  for (const { section, key, value } of texts.flatMap(parseUnitFile)) {
    if (section !== 'Service') continue;
    if (key === 'Environment') {
      if (value === '') variables.clear();
      for (const [name, set] of decodeEnvironment(value) ?? []) variables.set(name, set);
    } else if (key === 'UnsetEnvironment') {
      removed = value === '' ? [] : [...removed, ...value.split(/\s+/)];
    }
  }
  for (const word of removed) {
    const [name = '', ...set] = word.split('=');
    if (set.length === 0 || variables.get(name) === set.join('=')) variables.delete(name);
  }
  return variables;
};

/**
 * Reads a drop-in back.
 * @returns undefined when the text preloads nothing or is more than `renderDropIn` would write
 */
export const parseDropIn = (text: string): AllocatorDropIn | undefined => {
  const { LD_PRELOAD: library, ...environment } = Object.fromEntries(mergeEnvironment([text]));
  if (library === undefined) return undefined;
  if (parseUnitFile(text).some(({ section, key }) => section !== 'Service' || key !== 'Environment')) return undefined;
  return Object.keys(environment).length === 0 ? { library } : { library, environment };
};

/**
 * Files among others that would win over our drop-in: they set LD_PRELOAD or forget the environment, and come later.
 * @param dropIns every drop-in of the unit, with its path
 */
export const findOverridingDropIns = (
  dropIns: readonly { readonly path: string; readonly text: string }[],
): { readonly path: string; readonly line: number; readonly text: string }[] => {
  const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  return dropIns
    .filter(({ path }) => fileName(path) > dropInFileName)
    .flatMap(({ path, text }) =>
      parseUnitFile(text)
        .filter(({ section }) => section === 'Service')
        .filter(
          ({ key, value }) =>
            (key === 'Environment' && (value === '' || decodeEnvironment(value)?.has('LD_PRELOAD') === true)) ||
            key === 'EnvironmentFile' ||
            (key === 'UnsetEnvironment' && /(^|\s)LD_PRELOAD(\s|=|$)/.test(value)),
        )
        .map(({ key, value, line }) => ({ path, line, text: `${key}=${value}` })),
    );
};
