# Reads requests and does what they ask. With a NONCE as the header's fifth word an answer begins and ends with it on both
# streams, and the next request may follow; without one there is one request, and its verb has the streams to itself.
dispatch() {
  # What follows an onion service is as old as tor's own protocol: a balancer goes on while hosts have another version.
  if [ "$wanted_version" != "$helper_version" ] && [ "$verb" != onion ]; then
    printf '%s\n' "$helper_version"
    fail 76 "this is version $helper_version, asked for was $wanted_version"
  fi
  case $verb in
  write | lock-take | journal-append | owned-put | cron-cut | service-configure | torrc-check) ;;
  live-look | live-inject | live-record-put | live-trust | live-install) ;;
  *) [ "$input_bytes" -eq 0 ] || usage ;;
  esac
  case $verb in
  write | remove | rmdir | unit | daemon-reload | owned-put | journal-append | lock-take | lock-release | \
    cron-cut | cron-restore | service-make | service-keep | service-restore | service-configure | \
    package-install | package-remove | package-hold | package-unhold | package-auto | package-manual | \
    live-inject | live-record-put | live-trust | live-install | live-uninstall | live-use)
    read_fence
    [ "$fence_now" = "$fence" ] || fail 67 "$verb: the lock was taken since this shell was started"
    ;;
  esac
  case $verb in
@DISPATCH@
  *) fail 78 "no such verb: $verb" ;;
  esac || fail 70 "$verb ended with status $?"
}
# Run with arguments, it serves the login of a balancer, by rules of sudo that name each argument: see ../../enrol/watch.sh.
if [ $# -gt 0 ]; then
  verb=onion
  [ "$1" = onion ] || fail 78 "no such verb: $1"
  shift
  verb_onion "$@"
fi
read_fence
fence=$fence_now
while IFS=' ' read -r magic wanted_version input_bytes argument_count nonce; do
  [ "$magic" = tearless ] && is_number "$input_bytes" && is_number "$argument_count" && [ "$argument_count" -ge 1 ] ||
    fail 64 'not a request'
  case $nonce in *[!0-9a-f]*) fail 64 'not a request' ;; esac
  IFS= read -r verb || fail 74 'the request ended early'
  set --
  while [ "$argument_count" -gt 1 ]; do
    IFS= read -r argument || fail 74 'the request ended early'
    set -- "$@" "$argument"
    argument_count=$((argument_count - 1))
  done
  if [ -z "$nonce" ]; then
    dispatch "$@"
    exit 0
  fi
  printf '%s %s\n' "$nonce" $$
  printf '%s %s\n' "$nonce" $$ >&2
  (
    trap clean EXIT
    trap 'exit 70' HUP INT TERM
    dispatch "$@"
  )
  status=$?
  printf '\n%s %s\n' "$nonce" "$status"
  printf '\n%s %s\n' "$nonce" "$status" >&2
  if [ "$verb" = lock-take ]; then
    read_fence
    fence=$fence_now
  fi
  # Another version may lie in our place by now; the fence stays; and what a refused request left unread would be taken for
  # the next one.
  case $status in 67 | 76) exit 0 ;; esac
  [ "$status" -eq 0 ] || [ "$input_bytes" -eq 0 ] || exit 0
done
[ -z "${magic-}" ] || fail 74 'the request ended early'
