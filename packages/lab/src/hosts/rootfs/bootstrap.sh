#!/bin/sh
# Makes a Debian root file system in $WORK/root with this machine's apt: bootstrap.sh WORK PACKAGE…
# Runs as process 1 of a pid namespace and in a mount namespace of its own, so that nothing of it outlives it.
# WORK/apt.conf and WORK/sources.list are there; a line "stage NAME" on standard output tells how far it is.
set -eu
work=$1
shift
root=$work/root archives=$work/archives
export APT_CONFIG="$work/apt.conf" DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022

stage() { echo "stage $*"; }
quietly() {
  "$@" </dev/null >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    exit 1
  }
}

stage 'reading package lists'
mkdir -p "$root/var/lib/dpkg" "$work/lists/partial" "$archives/partial"
: >"$root/var/lib/dpkg/status"
quietly apt-get -q update
if [ -n "${TOR_VERSION-}" ] && apt-cache show "tor=$TOR_VERSION" >/dev/null 2>&1; then
  quietly apt-get -q -y --download-only install "tor=$TOR_VERSION"
  printf 'Package: tor\nPin: version %s\nPin-Priority: 1001\n' "$TOR_VERSION" >"$work/preferences"
fi

stage 'downloading packages'
quietly apt-get -q -y --download-only install '?essential' "$@"
case " $* " in *' usr-is-merged '*) merged=usr-is-merged ;; *) merged= ;; esac
# shellcheck disable=SC2086
essential=$(apt-get -q -s install '?essential' $merged | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')

stage 'unpacking the essential packages'
for folder in bin sbin lib; do
  mkdir -p "$root/usr/$folder"
  ln -s "usr/$folder" "$root/$folder"
done
case $(dpkg --print-architecture) in
amd64) mkdir -p "$root/usr/lib64" && ln -s usr/lib64 "$root/lib64" ;;
esac
cd "$archives"
first=
for package in $essential; do
  for file in "$package"_*.deb; do
    first="$first $file"
    dpkg-deb --fsys-tarfile "$file" | tar -x -p -C "$root" --keep-directory-symlink
  done
done

mkdir -p "$root/proc" "$root/dev" "$root/packages" "$root/etc/dpkg/dpkg.cfg.d"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind "$archives" "$root/packages"
# Nobody reads manuals in the lab, and a cache needs no fsync for each file: it is renamed into place when complete.
printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/lab"
echo force-unsafe-io >>"$root/etc/dpkg/dpkg.cfg.d/lab"
# shellcheck disable=SC2016
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
inside() { quietly chroot "$root" "$@"; }

stage 'configuring the essential packages'
# shellcheck disable=SC2016,SC2086
inside sh -c 'cd /packages && exec dpkg --force-depends --install "$@"' - $first
stage 'installing the other packages'
rest=
for file in *.deb; do
  case " $first " in *" $file "*) ;; *) rest="$rest $file" ;; esac
done
# Everything they need comes in the same call, so the order of unpacking is of no importance; configuring keeps to it.
# shellcheck disable=SC2016,SC2086
inside sh -c 'cd /packages && dpkg --force-depends --unpack "$@" && exec dpkg --configure -a' - $rest
inside dpkg --audit
[ ! -s "$work/log" ] || {
  cat "$work/log" >&2
  exit 1
}
# shellcheck disable=SC2016
chroot "$root" dpkg-query --show --showformat='${Package} ${Version}\n' >"$work/packages.txt"

umount "$root/packages" "$root/dev" "$root/proc"
rmdir "$root/packages"
rm -f "$root/usr/sbin/policy-rc.d"
