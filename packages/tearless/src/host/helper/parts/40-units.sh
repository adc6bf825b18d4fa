# Units of systemd: their state for any, changes only for tor's instances and for Tearless's own.
verb_units() {
  [ $# -gt 0 ] || usage
  for unit_name in "$@"; do
    case $unit_name in '' | -* | *[!A-Za-z0-9@_.:\\-]*) usage ;; esac
  done
  systemctl show --no-pager --timestamp=us+utc --property=Id,LoadState,ActiveState,SubState,UnitFileState,MainPID \
    --property=NRestarts,ActiveEnterTimestampMonotonic,ActiveEnterTimestamp,Result,NeedDaemonReload -- "$@" ||
    fail 79 "systemctl show failed"
}
# tor 0.4.9 now and then waits for one of its own threads for ever after its last word. Until systemd's patience ends, a
# minute, the kernel accepts connections to its port and nobody answers them. All that it keeps is on disk by then.
end_when_done() { # UNIT PID
  done_left=100
  done_seen=0
  while [ "$done_left" -gt 0 ] && [ -d "/proc/$2" ]; do
    sleep 1
    done_left=$((done_left - 1))
    journalctl --quiet --no-pager --boot --lines 3 --output cat "_PID=$2" 2>/dev/null |
      grep -q '^Clean shutdown finished\. Exiting\.' || continue
    done_seen=$((done_seen + 1))
    [ "$done_seen" -gt 4 ] || continue
    # By now it may have ended after all, and the unit may have another process.
    [ "$(systemctl show --property=ActiveState --value -- "$1")" = deactivating ] || return
    [ "$(systemctl show --property=MainPID --value -- "$1")" = "$2" ] || return
    logger -t tearless "$1: process $2 had finished and did not end: killed"
    kill -KILL "$2" 2>/dev/null
    return
  done
}
verb_unit() {
  expect 2 "$@"
  case $1 in start | stop | restart | reload | enable | disable) ;; *) usage ;; esac
  case $2 in
  tor@*.service)
    unit_instance=${2#tor@}
    is_id "${unit_instance%.service}" || usage
    ;;
  tearless-*.service | tearless-*.timer) is_name "$2" || usage ;;
  tor-restart*.timer | restart-tor*.timer) is_name "$2" || usage ;;
  *) fail 77 "no business with the unit $2" ;;
  esac
  unit_watch=
  case $1:$2 in
  stop:tor@* | restart:tor@*)
    unit_pid=$(systemctl show --property=MainPID --value -- "$2")
    if [ "${unit_pid:-0}" -gt 0 ]; then
      # It holds no pipe of ours open: the answer ends when systemctl does.
      (trap - EXIT && end_when_done "$2" "$unit_pid") </dev/null >/dev/null 2>&1 &
      unit_watch=$!
    fi
    ;;
  esac
  systemctl --no-ask-password --quiet "$1" -- "$2"
  unit_status=$?
  [ -z "$unit_watch" ] || kill "$unit_watch" 2>/dev/null
  [ "$unit_status" -ne 0 ] || return 0
  # systemctl only says where to look: look there.
  case $1 in start | restart | reload) journalctl --quiet --no-pager --boot --unit "$2" --lines 16 --output cat >&2 2>/dev/null ;; esac
  fail 79 "systemctl $1 $2 failed with status $unit_status"
}
verb_daemon_reload() {
  expect 0 "$@"
  systemctl daemon-reload || fail 79 "systemctl daemon-reload failed"
}
