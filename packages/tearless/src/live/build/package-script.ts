// A build as a Debian package. It lies beside the stock one and replaces nothing: it has no maintainer script, so that nothing is
// stopped or started when it comes or goes, and each build has a name and a path of its own, as kernels have. Pure text.
// Arguments: OUT NAME VERSION PROGRAM, the last being where the program will lie; OUT/source is the unpacked source package.
export const packageScript = `set -eu
out=$1 name=$2 version=$3 program=$4
export LC_ALL=C.UTF-8
umask 022
work=$(mktemp -d "$out/.package-XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
files=$work/files
SOURCE_DATE_EPOCH=$(cd "$out/source" && dpkg-parsechangelog -S Timestamp)
export SOURCE_DATE_EPOCH
install -D -m 755 "$out/tor" "$files$program"
strip --remove-section=.comment --remove-section=.note "$files$program"
install -D -m 644 "$out/source/debian/copyright" "$files/usr/share/doc/$name/copyright"
mkdir -p "$work/debian" "$files/DEBIAN"
printf 'Source: tor\\n\\nPackage: %s\\nArchitecture: any\\n' "$name" >"$work/debian/control"
(cd "$work" && dpkg-shlibdeps -O"$work/libraries" "$files$program" >>"$out/build.log" 2>&1)
depends=$(sed -n 's/^shlibs:Depends=//p' "$work/libraries")
architecture=$(dpkg --print-architecture)
cat >"$files/DEBIAN/control" <<END
Package: $name
Version: $version
Architecture: $architecture
Maintainer: $(id -un) <$(id -un)@localhost>
Installed-Size: $(du -ks "$files" | cut -f 1)
Depends: tor, $depends
Section: net
Priority: optional
Homepage: https://www.torproject.org/
Description: anonymizing overlay network for TCP, ready for live updates
 The program of Debian's package tor, built from the same source with the
 same options, with room in its structs for members of later releases. It
 lies beside other builds; Debian's package brings units, user and folders.
 Nothing is started or stopped when this package is installed or removed.
END
(cd "$files" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$files/DEBIAN/md5sums"
deb=$out/\${name}_\${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$files" "$deb" >>"$out/build.log" 2>&1
printf 'package %s\\n' "\${deb##*/}"
`;

/** A package's name and version: `tor-live-0.4.9.11-1a2b3c4d`, `0.4.9.11-0+deb12u1+live1`. */
export const namePackage = (
  { version, buildId }: { readonly version: string; readonly buildId: string },
  debianVersion: string,
): { readonly name: string; readonly version: string } => ({
  name: `tor-live-${version.toLowerCase().replace(/[^a-z0-9.+-]/g, '-')}-${buildId.slice(0, 8)}`,
  version: `${debianVersion}+live1`,
});
