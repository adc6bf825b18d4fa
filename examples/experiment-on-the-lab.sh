#!/bin/sh
# An experiment from beginning to end: eight tor relays on two hosts of a lab, people who use them, glibc against jemalloc.
#
#   sh examples/experiment-on-the-lab.sh [FOLDER]
#
# Needs root and takes about five minutes. The report, the archive of the data and the log of every run go to FOLDER
# (experiment-on-the-lab by default). ROUNDS_OF_SAMPLES is how often it collects. Nothing of the lab is left.
set -eu

folder=${1:-experiment-on-the-lab}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
tearless=$root/tearless
lab=experiment-$$
rounds=${ROUNDS_OF_SAMPLES:-30}

# A state of its own: the runs and samples of this experiment and no others.
export XDG_STATE_HOME="$folder/state"
export TEARLESS_CONFIG="/run/tearless/labs/$lab/tearless.yaml"
traffic=

end() {
  status=$?
  trap - EXIT
  trap '' INT TERM
  [ -z "$traffic" ] || kill "$traffic" 2>/dev/null || :
  [ -z "$traffic" ] || wait "$traffic" || :
  "$tearless" lab down "$lab" >/dev/null
  [ "$status" -eq 0 ] || echo "it ended with status $status; $folder/log.txt may have why"
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n== %s\n' "$*"; }

# What the experiment may touch on the hosts and must leave as it was.
look() {
  for host in h1 h2; do
    "$tearless" lab exec "$lab" "$host" -- sh -ec '
      cd /
      find etc/systemd etc/tor etc/cron.d usr/local -printf "%y %m %u %g %p %l\n"
      find etc/systemd etc/tor etc/cron.d usr/local -type f -exec sha256sum {} +
      systemctl list-unit-files --no-legend "tor*" "tearless*"
      apt-mark showhold' | sort | sed "s/^/$host /"
  done
}

# Progress goes to the log, results are shown.
exec 2>>"$folder/log.txt"

say 'a lab: a private Tor network, two hosts, four relays on each'
"$tearless" lab up "$lab" --hosts 2 --relays 4
cp "$TEARLESS_CONFIG" "$folder/tearless.before.yaml"
look >"$folder/before.txt"

say 'people use the relays'
"$tearless" lab traffic "$lab" >"$folder/traffic.txt" &
traffic=$!

say 'how things stand before'
"$tearless" collect
"$tearless" collect >/dev/null

say 'design: who gets what is drawn by lot, among relays that resemble each other'
"$tearless" experiment design allocators --arms glibc,jemalloc --seed example --days 1 --effect 50% \
  --hypothesis 'jemalloc needs less memory than glibc'

say 'start: every relay of both arms restarts once, in one random order, behind its gates'
"$tearless" experiment start allocators --serial 4 --yes >"$folder/start.txt" || { cat "$folder/start.txt"; exit 1; }
cat "$folder/start.txt"
start=$(sed -n "s/^undo it with 'tearless run undo \(.*\)'$/\1/p" "$folder/start.txt")

say "collect: $rounds rounds of samples, each with proof of what the relay has loaded"
"$tearless" collect allocators --every 2s --json | head -n "$rounds" >"$folder/rounds.ndjson"
# An error is a line too.
collected=$(grep -c '^{"schema":"tearless.collection/v1"' "$folder/rounds.ndjson" || :)
[ "$collected" -eq "$rounds" ] || { echo "collect ended by itself after $collected of $rounds rounds: $(tail -n 1 "$folder/rounds.ndjson")"; exit 1; }
"$tearless" experiment show allocators

# Four relays an arm over a minute is an exercise: 7 says that something was found, and the words say what.
say 'watch: a look that stays honest however often it is taken, and guardrails'
"$tearless" experiment watch allocators || [ $? -eq 7 ]

say 'audit: what is wrong with the data'
"$tearless" experiment audit allocators || [ $? -eq 7 ]

say 'report'
"$tearless" experiment report allocators --html "$folder/report.html"

say 'conclude: what it left goes, all relays get jemalloc, a checklist is ticked'
"$tearless" experiment conclude allocators --target jemalloc=100% --serial 4 --baseline-after 5s --archive "$folder/archive" --yes
sleep 5
"$tearless" experiment conclude allocators --baseline

say 'undo: the end first, then the start'
"$tearless" experiment conclude allocators --undo --serial 4 --yes
"$tearless" run undo "$start" --yes
cp "$folder/tearless.before.yaml" "$TEARLESS_CONFIG"
look >"$folder/after.txt"
diff "$folder/before.txt" "$folder/after.txt"
echo 'the hosts are as they were: files, units, holds'

say 'the people meanwhile'
kill -INT "$traffic"
wait "$traffic" || failed=$?
traffic=
cat "$folder/traffic.txt"
exit "${failed:-0}"
