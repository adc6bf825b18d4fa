#!/bin/sh
# Keeps a host up: supervise.sh ROOT NAMESPACE NAME CGROUP…
# Starts its container in the control groups given, again after a reboot from inside; ends when the host is switched off.
# SIGTERM switches it off in an orderly way.
set -u
root=$1 namespace=$2 name=$3
shift 3

container=
trap '[ -z "$container" ] || kill -TERM "$container"' TERM INT HUP

# systemd-nspawn ends with 133 when the system inside asked to be started again.
status=133 boot=0
while [ "$status" = 133 ]; do
  boot=$((boot + 1))
  # A new group for every boot: with the unified hierarchy no process may enter the one that the last boot divided.
  # shellcheck disable=SC2016
  sh -c 'boot=$1 root=$2 namespace=$3 name=$4; shift 4
    for group; do mkdir "$group/$boot" && echo $$ >"$group/$boot/cgroup.procs" || exit 1; done
    # No filter of its own on system calls: a machine has none, and under one nobody may trace what has filters too.
    SYSTEMD_SECCOMP=0 exec systemd-nspawn --quiet --directory="$root" --machine="$name" --network-namespace-path="$namespace" \
      --register=no --keep-unit --console=pipe --kill-signal=SIGRTMIN+3 --link-journal=no --resolv-conf=off \
      --timezone=off /usr/lib/tearless-lab/init' - "$$-$boot" "$root" "$namespace" "$name" "$@" </dev/null &
  container=$!
  status=0
  wait "$container" || status=$?
  # A signal to this shell ends `wait`, not the container.
  while kill -0 "$container" 2>/dev/null; do
    status=0
    wait "$container" || status=$?
  done
  for group; do
    find "$group/$$-$boot" -depth -type d -exec rmdir {} + 2>/dev/null
  done
done
exit "$status"
