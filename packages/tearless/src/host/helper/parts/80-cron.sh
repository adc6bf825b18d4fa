# Tables of cron: jobs may be taken out of one, and the table put back that this helper itself kept. Nothing else is ever
# written there, since a line in such a table is a program that runs as its user. What is kept lies where no verb writes.
cron_kept=$state/cron

# Sets cron_path and cron_name (unique among tables) for a table of a user or of /etc/cron.d.
cron_table() { # PATH
  case $1 in
  /var/spool/cron/crontabs/*)
    cron_name=user-${1#/var/spool/cron/crontabs/}
    # Debian's directory is root:crontab 1730: members of the group add files and cannot exchange those of others.
    inspect /var/spool/cron/crontabs
    case $target_type in '') fail 66 "$1 does not exist" ;; directory) ;; *) fail 77 "its directory is a $target_type" ;; esac
    case $target_owner:$target_mode in "$owner":1[0-7][0-7][0145] | "$owner":[0-7][0145][0145]) ;; *) fail 77 "the directory of $1 can be changed by others" ;; esac
    ;;
  /etc/cron.d/*)
    cron_name=system-${1#/etc/cron.d/}
    inspect "$1"
    ;;
  *) fail 77 "no business with the path $1" ;;
  esac
  is_name "${1##*/}" && [ "${1##*/}" = "${cron_name#*-}" ] || fail 77 "no business with the path $1"
  cron_path=$root$1
  [ ! -L "$cron_path" ] && [ -f "$cron_path" ] || fail 66 "$1 is no plain file"
}
cron_sum() { # FILE
  cron_sum_line=$(sha256sum -- "$1") || fail 79 "cannot read $1"
  cron_summed=${cron_sum_line%% *}
}
is_sum() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}

# CONTENT takes the place of the table, with its owner and mode.
cron_publish() { # CONTENT
  temporary=$(mktemp "${cron_path%/*}/.tearless.XXXXXX") || fail 73 "cannot write beside $cron_path"
  cat -- "$1" >"$temporary" && chown --reference="$1" -- "$temporary" && chmod --reference="$1" -- "$temporary" ||
    fail 73 "cannot write $temporary"
  to_disk "$temporary"
  mv -fT -- "$temporary" "$cron_path" || fail 73 "cannot put $cron_path in place"
  temporary=
  to_disk "${cron_path%/*}"
}
verb_cron_read() {
  expect 1 "$@"
  cron_table "$1"
  cat -- "$cron_path" || fail 79 "cannot read $1"
}

# Standard input is the table without some of its jobs; OLD is the hash of what stands there now.
verb_cron_cut() {
  expect 2 "$@"
  is_sum "$2" || usage
  cron_table "$1"
  cron_sum "$cron_path"
  [ "$cron_summed" = "$2" ] || fail 71 "$1 was changed by someone else"
  alone
  make_state "$cron_kept"
  temporary=$cron_kept/.new.$$
  spool "$temporary"
  awk '
function is_job(line) { return line !~ /^[ \t]*(#|$)/ && line !~ /^[ \t]*["\047]?[A-Za-z_][A-Za-z0-9_]*["\047]?[ \t]*=/ }
which == "old" { old[++olds] = $0; next }
{
  while (at < olds && old[at + 1] != $0) if (!is_job(old[++at])) exit 65
  if (at == olds) exit 65
  at += 1
}
END { while (at < olds) if (!is_job(old[++at])) exit 65 }
' which=old "$cron_path" which=new "$temporary" || fail 65 "the new text of $1 is not the old one without some of its jobs"
  cron_sum "$temporary"
  cron_copy=$cron_kept/$cron_name.$2.$cron_summed
  cron_new=$temporary
  cp -p --remove-destination -- "$cron_path" "$cron_copy" || fail 73 "cannot keep $1"
  cron_sum "$cron_copy"
  [ "$cron_summed" = "$2" ] || fail 71 "$1 was changed by someone else"
  to_disk "$cron_copy" "$cron_kept"
  chown --reference="$cron_path" -- "$cron_new" && chmod --reference="$cron_path" -- "$cron_new" || fail 73 "cannot write $cron_new"
  cron_publish "$cron_new"
  rm -f -- "$cron_new"
}

# Puts the table back that cron-cut kept: OLD was its hash, NEW that of what stands there since.
verb_cron_restore() {
  expect 3 "$@"
  is_sum "$2" && is_sum "$3" || usage
  cron_table "$1"
  cron_sum "$cron_path"
  [ "$cron_summed" != "$2" ] || return 0
  [ "$cron_summed" = "$3" ] || fail 71 "$1 was changed by someone else"
  cron_copy=$cron_kept/$cron_name.$2.$3
  [ -f "$cron_copy" ] || fail 66 "nothing was kept of $1"
  cron_publish "$cron_copy"
}
