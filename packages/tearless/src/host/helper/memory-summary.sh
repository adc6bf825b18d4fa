#!/bin/sh
# Tearless: says once a day in the journal how many relays run here and what memory they take. Reads only. Process numbers
# come from systemd, never from a search by name. Written by Tearless; `journalctl -t tearless-memory` shows what it said.
set -u
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
systemctl list-units --all --no-legend --no-pager --plain --full 'tor@*.service' |
  awk '$1 ~ /^tor@.+\.service$/ && $2 == "loaded" { print $1 }' |
  xargs -r systemctl show --no-pager --property=Id,ActiveState,MainPID -- |
  awk -F= '
function add(  line, fields, found) {
  if (id == "") return
  known += 1
  if (state == "active" && pid > 0) {
    while ((getline line <("/proc/" pid "/status")) > 0)
      if (split(line, fields, " ") >= 2 && fields[1] == "VmRSS:") found = fields[2]
    close("/proc/" pid "/status")
    if (found > 0) {
      running += 1
      total += found
      if (found > most) { most = found; fattest = id }
    }
  } else if (state == "failed") failed = failed " " id
  id = ""
}
$1 == "Id" { id = $2 }
$1 == "ActiveState" { state = $2 }
$1 == "MainPID" { pid = $2 }
NF == 0 { add() }
END {
  add()
  printf "relays running: %d of %d; memory: average %d MiB, total %d MiB", running, known, running ? total / running / 1024 : 0, total / 1024
  if (running) printf "; most: %s %d MiB", fattest, most / 1024
  if (failed != "") printf "; failed:%s", failed
  printf "\n"
}'
