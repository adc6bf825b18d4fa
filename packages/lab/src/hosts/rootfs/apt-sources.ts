// Which Debian mirrors this machine uses, as apt itself reads its configuration (deb822 or one line an entry, any method,
// proxies and authentication), so that the hosts of the lab come from where the machine comes from. Pure.

/** What `apt-get indextargets` tells about one list of packages; undefined where apt knows nothing yet. */
export type AptTarget = {
  origin: string | undefined;
  codename: string;
  uri: string;
  component: string;
  /** The file the entry stands in. */
  file: string;
};

export const indexTargetsFormat = '$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(REPO_URI)|$(COMPONENT)|$(SOURCESENTRY)';

/**
 * Parses the output of `apt-get indextargets --format FORMAT`, for example
 * ```
 * Debian|bookworm-updates|bookworm-updates|http://mirror.example/debian/|main|/etc/apt/sources.list.d/debian.sources:1
 * ```
 * apt leaves a field as `$(NAME)` when it does not know it: before the first `apt-get update` only what is configured.
 */
export const parseIndexTargets = (text: string): AptTarget[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split('|');
      if (fields.length !== 6) throw new TypeError(`not a line of apt-get indextargets: ${line}`);
      const known = fields.map((field) => (field === '' || field.startsWith('$(') ? undefined : field));
      const [origin, codename, release, uri, component, entry] = known;
      if (release === undefined || uri === undefined || component === undefined || entry === undefined) {
        throw new TypeError(`apt-get indextargets left out what it must know: ${line}`);
      }
      return { origin, codename: codename ?? release, uri, component, file: entry.replace(/:\d+$/, '') };
    });

export type AptSource = { uri: string; suite: string; file: string };

/**
 * The machine's own archives of Debian (release, updates, security) for another suite of Debian: the same mirrors.
 * Archives of other origins, backports and the like are left out.
 *
 * @param machineCodename the codename in the machine's /etc/os-release
 */
export const planSources = (targets: readonly AptTarget[], machineCodename: string, suite: string): AptSource[] => {
  const kinds = ['', '-updates', '-security'];
  const main = targets.filter((target) => target.component === 'main');
  const fromDebian = main.filter((target) => target.origin === 'Debian');
  const sources = (fromDebian.length > 0 ? fromDebian : main).flatMap((target): AptSource[] => {
    const kind = kinds.find((suffix) => target.codename === `${machineCodename}${suffix}`);
    return kind === undefined ? [] : [{ uri: target.uri, suite: `${suite}${kind}`, file: target.file }];
  });
  const seen = new Set<string>();
  return sources.filter(({ uri, suite: name }) => seen.size < seen.add(`${uri} ${name}`).size);
};

/** What an entry's file says about trust, in either form: `Signed-By: /a.gpg` or `deb [signed-by=/a.gpg] …`. */
export const parseTrust = (text: string): { keyrings: string[]; trusted: boolean } => ({
  keyrings: [...text.matchAll(/^[^#\n]*\bsigned-by\s*[:=]\s*(\/[^\s\],]+)/gim)].flatMap((match) => match[1] ?? []),
  trusted: /^[^#\n]*\btrusted\s*[:=]\s*yes\b/im.test(text),
});

export const renderSourcesList = (sources: readonly AptSource[], trusted: boolean): string =>
  sources.map(({ uri, suite }) => `deb ${trusted ? '[trusted=yes] ' : ''}${uri} ${suite} main\n`).join('');
