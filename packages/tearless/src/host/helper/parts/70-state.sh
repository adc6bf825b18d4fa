# What a host keeps of the changes made to it, under /var/lib/tearless (0700): the lock, journals, the list of owned files.
make_state() { # DIRECTORY below the state directory, or the state directory itself
  [ -d "$1" ] && return
  inspect "${1#"$root"}"
  mkdir -p -- "$1" || fail 73 "cannot make $1"
  to_disk "$nearest"
}
# Nobody else reads or changes the lock or the list until this process ends.
alone() {
  make_state "$state"
  exec 9>>"$state/mutex" || fail 73 "cannot write $state/mutex"
  flock --wait 20 9 || fail 79 "another helper holds $state/mutex"
}
publish() { # FILE: `temporary` takes its place
  to_disk "$temporary"
  mv -fT -- "$temporary" "$1" || fail 73 "cannot put $1 in place"
  temporary=
  to_disk "$state"
}

# Each taking of the lock raises the fence: shells from before it serve no more changes. What a process that was killed had
# under way may lie in a broken connection and arrive late, after another has taken its run back.
read_fence() {
  fence_now=
  [ ! -e "$state/fence" ] || IFS= read -r fence_now <"$state/fence" || fence_now=
}
raise_fence() {
  IFS= read -r fence_next </proc/sys/kernel/random/uuid || fail 73 "cannot name a fence"
  temporary=$state/.fence.$$
  printf '%s\n' "$fence_next" >"$temporary" || fail 73 "cannot write $temporary"
  publish "$state/fence"
}

# The first line of the lock is its run, the rest is what its holder wrote.
verb_lock_take() {
  expect 1 "$@"
  is_id "$1" || usage
  [ "$input_bytes" -le 65536 ] || usage
  alone
  if [ -e "$state/lock" ]; then
    IFS= read -r lock_run <"$state/lock" || lock_run=
    if [ "$lock_run" != "$1" ]; then
      tail -n +2 "$state/lock"
      fail 75 "locked by the run $lock_run"
    fi
  fi
  raise_fence
  temporary=$state/.lock.$$
  printf '%s\n' "$1" >"$temporary" || fail 73 "cannot write $temporary"
  temporary_head=$temporary
  temporary=$state/.lock-body.$$
  spool "$temporary"
  cat -- "$temporary" >>"$temporary_head" || { rm -f -- "$temporary_head" && fail 73 "cannot write the lock"; }
  rm -f -- "$temporary"
  temporary=$temporary_head
  publish "$state/lock"
}
verb_lock_show() {
  expect 0 "$@"
  [ ! -e "$state/lock" ] || tail -n +2 "$state/lock"
}
# Prints `released`, or nothing where the run holds no lock.
verb_lock_release() {
  expect 1 "$@"
  is_id "$1" || usage
  [ -e "$state/lock" ] || return 0
  alone
  [ -e "$state/lock" ] || return 0
  IFS= read -r lock_run <"$state/lock" || lock_run=
  [ "$lock_run" = "$1" ] || return 0
  rm -f -- "$state/lock" || fail 73 "cannot remove the lock"
  to_disk "$state"
  printf 'released\n'
}

# Appends whole lines and prints the journal's new size. With OFFSET, only where the journal is that long, or already
# holds these lines there: an append whose answer was lost can be asked for again.
verb_journal_append() {
  case $# in 1) journal_offset='' ;; 2) journal_offset=$2 && is_number "$2" || usage ;; *) usage ;; esac
  is_id "$1" || usage
  journal_directory=$state/runs/$1
  journal=$journal_directory/journal.ndjson
  alone
  [ -e "$journal" ] || { make_state "$journal_directory" && : >>"$journal" && to_disk "$journal_directory"; } ||
    fail 73 "cannot make $journal"
  temporary=$state/.append.$$
  spool "$temporary"
  [ "$input_bytes" -gt 0 ] && [ -z "$(tail -c 1 -- "$temporary")" ] || fail 65 "a journal takes whole lines"
  journal_bytes=$(wc -c <"$journal") || fail 73 "cannot read $journal"
  if [ "$journal_bytes" -gt 0 ] && [ -n "$(tail -c 1 -- "$journal")" ]; then
    # A line torn by a power cut was never answered for.
    journal_bytes=$((journal_bytes - $(tail -n 1 -- "$journal" | wc -c)))
    truncate --size "$journal_bytes" -- "$journal" || fail 73 "cannot repair $journal"
  fi
  if [ -n "$journal_offset" ] && [ "$journal_offset" -ne "$journal_bytes" ]; then
    if [ $((journal_offset + input_bytes)) -le "$journal_bytes" ] &&
      tail -c "+$((journal_offset + 1))" -- "$journal" | head -c "$input_bytes" | cmp -s - "$temporary"; then
      printf '%s\n' "$((journal_offset + input_bytes))"
      return 0
    fi
    fail 71 "the journal of $1 holds $journal_bytes bytes, not $journal_offset"
  fi
  if ! cat -- "$temporary" >>"$journal"; then
    truncate --size "$journal_bytes" -- "$journal"
    fail 73 "cannot append to $journal"
  fi
  to_disk "$journal"
  printf '%s\n' "$((journal_bytes + input_bytes))"
}
verb_journal_read() {
  expect 1 "$@"
  is_id "$1" || usage
  journal=$state/runs/$1/journal.ndjson
  [ -e "$journal" ] || fail 66 "no journal of the run $1"
  cat -- "$journal" || fail 79 "cannot read $journal"
}
# Run, bytes and seconds of the last change of each, separated by blanks.
verb_journal_list() {
  expect 0 "$@"
  [ ! -d "$state/runs" ] ||
    find "$state/runs" -mindepth 2 -maxdepth 2 -name journal.ndjson -type f -printf '%P %s %T@\n'
}

verb_owned_show() {
  expect 0 "$@"
  [ ! -e "$state/owned.json" ] || cat -- "$state/owned.json" || fail 79 "cannot read $state/owned.json"
}
verb_owned_put() {
  expect 0 "$@"
  [ "$input_bytes" -gt 0 ] || usage
  alone
  temporary=$state/.owned.$$
  spool "$temporary"
  publish "$state/owned.json"
}
