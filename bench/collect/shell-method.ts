// The peer: figures of every relay as the scripts of operators take them, relay by relay with the ordinary tools. The process is
// found by name and its status read field by field, as in the published scripts; what else Tearless collects is added in the
// same manner. It computes no build-ids.

/** Prints a line a relay. POSIX sh with procps, gawk or mawk, and systemd's tools. */
export const shellMethod = `
for name in $(ls /var/lib/tor-instances/); do
  pid=$(pgrep -f "tor.*instances/$name" 2>/dev/null | head -1)
  [ -n "$pid" ] || continue
  rss=$(awk '/VmRSS/ {print $2}' /proc/$pid/status)
  vmsize=$(awk '/VmSize/ {print $2}' /proc/$pid/status)
  hwm=$(awk '/VmHWM/ {print $2}' /proc/$pid/status)
  rollup=$(awk '/^(Pss|Anonymous|Private_Dirty|Swap):/ {printf "%s ", $2}' /proc/$pid/smaps_rollup)
  times=$(awk '{print $12, $14, $15, $20, $22}' /proc/$pid/stat)
  allocator=$(grep -oE '/[^ ]*/lib(mimalloc|jemalloc|tcmalloc)[^ ]*' /proc/$pid/maps | sort -u | head -1)
  restarts=$(systemctl show -p NRestarts --value "tor@$name.service")
  identity=$(cat "/var/lib/tor-instances/$name/fingerprint")
  echo "$name $pid $rss $vmsize $hwm $rollup $times \${allocator:-glibc} $restarts $identity"
done
`;
