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
  systemctl --no-ask-password --quiet "$1" -- "$2" && return 0
  unit_status=$?
  # systemctl only says where to look: look there.
  case $1 in start | restart | reload) journalctl --quiet --no-pager --boot --unit "$2" --lines 16 --output cat >&2 2>/dev/null ;; esac
  fail 79 "systemctl $1 $2 failed with status $unit_status"
}
verb_daemon_reload() {
  expect 0 "$@"
  systemctl daemon-reload || fail 79 "systemctl daemon-reload failed"
}
