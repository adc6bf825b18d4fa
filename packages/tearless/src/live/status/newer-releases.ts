// Releases that the directory authorities recommend to relays and that are newer than what runs (dir-spec §3.4.1 server-versions;
// control-spec status/version/recommended; version-spec). The consensus is asked, not Debian's archive: what runs here is no package
// of the archive, and the list is signed and at hand in every relay. Pure.

const version = /^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:-([A-Za-z0-9.-]+))?/;

const readVersion = (text: string): { readonly numbers: readonly number[]; readonly tag: string } | undefined => {
  const [, major, minor, micro, patch = '0', tag = ''] = version.exec(text) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [major, minor, micro, patch].map(Number), tag };
};

/** Below zero where `a` is older. A tag such as `alpha` or `rc` makes it no other version here. */
const compareVersions = (a: readonly number[], b: readonly number[]): number => {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/**
 * @param running as tor says it @param recommended as tor gives them, with commas between
 * @returns the newest of the same series, and the newest of all; each once, none where nothing is newer; undefined where that is not known
 */
export const findNewerReleases = (running: string, recommended: string): string[] | undefined => {
  const own = readVersion(running);
  const all = recommended
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (own === undefined || all.length === 0) return undefined;
  const newer = all
    .flatMap((text) => {
      const read = readVersion(text);
      // Who runs a release is not sent to a trial of the next one.
      if (read === undefined || (read.tag !== '' && own.tag === '')) return [];
      return compareVersions(read.numbers, own.numbers) > 0 ? [{ text, ...read }] : [];
    })
    .sort((a, b) => compareVersions(b.numbers, a.numbers));
  const isSameSeries = ({ numbers }: { readonly numbers: readonly number[] }): boolean =>
    numbers.slice(0, 3).every((number, index) => number === own.numbers[index]);
  const found = [newer.find(isSameSeries), newer[0]].flatMap((one) => (one === undefined ? [] : [one.text]));
  return [...new Set(found)];
};
