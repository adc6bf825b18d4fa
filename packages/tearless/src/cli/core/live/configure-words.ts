// Words for configure: those of a build whose layouts are kept, with what is said anew; and what two builds have not in common. Pure.

/** `--enable-gpl` and `--disable-gpl` decide the same, and so do `CFLAGS=-O2` and `CFLAGS=-O3`. */
const decidedBy = (word: string): string =>
  word
    .replace(/=.*$/s, '')
    .replace(/^--disable-/, '--enable-')
    .replace(/^--without-/, '--with-');

/** A release that is configured otherwise than what runs differs from it in more than the release does. */
export const continueWords = (former: readonly string[], said: readonly string[]): string[] => {
  const anew = new Set(said.map(decidedBy));
  return [...former.filter((word) => !anew.has(decidedBy(word))), ...said];
};

interface Configured {
  readonly name: string;
  readonly words: readonly string[];
}

/** What is in one of them because of configure alone looks like a change of the release. */
export const describeOtherWords = (former: Configured, next: Configured): string | undefined => {
  const told = [
    ...former.words.flatMap((word) => (next.words.includes(word) ? [] : [`${word} only in ${former.name}`])),
    ...next.words.flatMap((word) => (former.words.includes(word) ? [] : [`${word} only in ${next.name}`])),
  ];
  return told.length === 0 ? undefined : `configured otherwise: ${told.join(', ')}`;
};
