// The archive's source package of tor: how it is fetched with lists of our own, and with what its own rules would configure and
// compile it. Pure text, and what the scripts say as values. apt checks the package against the archive's signed lists.
import { LiveError } from '../live-error.ts';

/** Arguments: DIR, whose folder `sources` holds the lists. Leaves DIR/tree and says where it is, a word and a value a line. */
export const fetchScript = `set -eu
cd "$1"
export LC_ALL=C.UTF-8
for tool in apt-get dpkg-source dpkg-buildflags dpkg-checkbuilddeps make patch; do
  command -v "$tool" >/dev/null || { printf 'missing %s\\n' "$tool"; exit 3; }
done
mkdir -p lists/partial cache/archives/partial
apt() {
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$PWD/sources" -o Dir::State::lists="$PWD/lists" \\
    -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User="$(id -un)" -o APT::Get::List-Cleanup=false "$@"
}
printf 'stage lists\\n'
apt update >log 2>&1
printf 'stage source\\n'
apt source --download-only tor >>log 2>&1
set -- tor_*.dsc
[ $# = 1 ] || { echo "more than one source package: $*" >>log; exit 1; }
printf 'stage unpack\\n'
# apt has checked its sums; keys of maintainers are on few machines.
dpkg-source --no-check -x "$1" tree >>log 2>&1
cd tree
# What the package's rules would apply when they build.
if [ -s debian/patches/series ] && ! grep -qx '3.0 (quilt)' debian/source/format 2>/dev/null; then
  sed -e 's/#.*//' -e 's/[[:blank:]].*//' -e '/^$/d' debian/patches/series | while read -r name; do
    patch -p1 -f <"debian/patches/$name" >>../log 2>&1
  done
fi
printf 'version %s\\n' "$(dpkg-parsechangelog -S Version)"
dpkg-checkbuilddeps 2>&1 | sed -n 's/^.*Unmet build dependencies: /unmet /p'
# The flags as debian/rules exports them, and the words that it gives configure.
cat >../flags.mk <<'END'
include debian/rules
tearless-flags:
	@for f in CFLAGS CPPFLAGS LDFLAGS; do echo "$$f $$(dpkg-buildflags --get $$f)"; done
END
dpkg-architecture -c make -s -f ../flags.mk tearless-flags
dpkg-architecture -c make -s -n -f debian/rules override_dh_auto_configure | tr -d '\\\\\\n' | sed -n 's/^.*dh_auto_configure *-- */configure /p'
`;

export interface DebianSource {
  /** Of the source package, such as `0.4.9.11-0+deb12u1`. */
  readonly version: string;
  /** For configure, flags of the compiler among them. */
  readonly configure: readonly string[];
  /** Packages with headers that the source package wants and the machine lacks. */
  readonly unmet: readonly string[];
}

/** Documents lie elsewhere or are not made; the rest decides what the program is. */
const decides = /^--(?:enable|disable|with|without|prefix|sysconfdir|localstatedir|runstatedir)\b/;
/** Documents need the others; programs need these. */
const isNeeded = /-dev$|^pkg-?conf(?:ig)?$/;

/**
 * Where the package was unpacked is told to the compiler; the build tells it where it lies itself. What is optimised while it is linked
 * (as Ubuntu does) is not in the program as it was compiled.
 */
const isLeftOut = /^-f(?:file-prefix-map=|lto\b|fat-lto-objects$)/;

/** @throws LiveError `live-debian-rules-strange` */
export const parseDebianSource = (said: string): DebianSource => {
  const word = (name: string): string =>
    said
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const [version, options] = [word('version'), word('configure').split(/\s+/)];
  const flags = (['CFLAGS', 'CPPFLAGS', 'LDFLAGS'] as const).map((name) => ({
    name,
    words: word(name)
      .split(/\s+/)
      .filter((one) => one !== '' && !isLeftOut.test(one)),
  }));
  const configure = options.filter((option) => decides.test(option));
  if (version === '' || configure.length === 0 || flags.every(({ words }) => words.length === 0))
    throw new LiveError({
      kind: 'protocol',
      code: 'live-debian-rules-strange',
      message: `debian/rules of the source package ${version} does not say how it configures tor`,
      hint: "unpack it yourself and name its directory: 'tearless live build DIR -- OPTION…'",
    });
  return {
    version,
    configure: [...configure, ...flags.map(({ name, words }) => `${name}=${words.join(' ')}`)],
    unmet: word('unmet')
      .replace(/\([^)]*\)/g, '')
      .split(/[\s|]+/)
      .filter((name) => isNeeded.test(name)),
  };
};
