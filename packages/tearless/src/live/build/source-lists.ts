// From the machine's own list of package sources, the same places with their source packages: most machines list only binaries.
// Both forms that apt reads (sources.list(5)). Pure text; nothing of the machine's lists is changed.

export interface SourceList {
  /** Its end tells apt the form: `.list` or `.sources`. */
  readonly name: string;
  readonly text: string;
}

/** Lists of source packages only; those without an entry are left out. */
export const deriveSourceLists = (lists: readonly SourceList[]): SourceList[] =>
  lists.flatMap(({ name, text }) => {
    const derived = name.endsWith('.sources') ? deriveStanzas(text) : name.endsWith('.list') ? deriveLines(text) : '';
    return derived === '' ? [] : [{ name, text: derived }];
  });

/** `deb [OPTIONS] URI SUITE COMPONENT…` */
const deriveLines = (text: string): string => {
  const entries = text.split('\n').flatMap((line) => {
    const rest = /^\s*deb(?:-src)?\s+(.*)$/.exec(line)?.[1];
    return rest === undefined ? [] : [`deb-src ${rest.trim()}\n`];
  });
  return [...new Set(entries)].join('');
};

/** Stanzas of fields; a field goes on where a line begins with a blank. */
const deriveStanzas = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const isOff = /^Enabled:\s*no\s*$/im.test(stanza);
      const isList = /^Types:.*\bdeb\b/im.test(stanza) && /^URIs:/im.test(stanza);
      return isOff || !isList ? [] : [`${stanza.trim().replace(/^Types:.*$/im, 'Types: deb-src')}\n`];
    })
    .join('\n');
