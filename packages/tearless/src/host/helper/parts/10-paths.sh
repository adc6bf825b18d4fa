# Which paths there are for this helper, and whether the way to them can be trusted.

# Sets `class` to what PATH is, by its form alone; empty where this helper has no business.
class_of() { # PATH
  class=
  case $1 in *[!A-Za-z0-9_.@+,/:~-]* | *//* | */./* | */../* | */. | */.. | */ | [!/]* | '') return ;; esac
  case $1 in
  /etc/systemd/system) class='unit-directory' ;;
  /etc/systemd/system/tor@*.service.d/*)
    classify_name=${1##*/}
    classify_instance=${1#/etc/systemd/system/tor@}
    classify_instance=${classify_instance%".service.d/$classify_name"}
    case $classify_name in *.conf) is_name "$classify_name" && is_instance "$classify_instance" && class='drop-in' ;; esac
    ;;
  /etc/systemd/system/tor@*.service.d)
    classify_instance=${1#/etc/systemd/system/tor@}
    is_instance "${classify_instance%.service.d}" && class='drop-in-directory'
    ;;
  /etc/systemd/system/tearless-*.service | /etc/systemd/system/tearless-*.timer)
    is_name "${1#/etc/systemd/system/}" && class=unit
    ;;
  /etc/systemd/system/tor-restart*.service | /etc/systemd/system/tor-restart*.timer | \
    /etc/systemd/system/restart-tor*.service | /etc/systemd/system/restart-tor*.timer)
    is_name "${1#/etc/systemd/system/}" && class='restart-unit'
    ;;
  /usr/local/lib/tearless/memory-summary) class=script ;;
  /etc/tor | /etc/tor/*)
    are_names "${1#/}" && class=torrc
    ;;
  /var/lib/tearless | /var/lib/tearless/runs | /var/lib/tearless/files) class='state-directory' ;;
  /var/lib/tearless/runs/*/journal.ndjson) ;;
  /var/lib/tearless/runs/*/*)
    classify_name=${1##*/}
    classify_instance=${1#/var/lib/tearless/runs/}
    is_name "$classify_name" && is_id "${classify_instance%"/$classify_name"}" && class=state
    ;;
  /var/lib/tearless/runs/*) is_id "${1#/var/lib/tearless/runs/}" && class='state-directory' ;;
  /var/lib/tearless/files/*) is_name "${1#/var/lib/tearless/files/}" && class=state ;;
  /usr/lib/* | /lib/* | /usr/local/lib/* | /usr/share/tor | /usr/share/tor/*)
    are_names "${1#/}" && class=library
    ;;
  esac
}
classify() { # PATH
  class_of "$1"
  [ -n "$class" ] || fail 77 "no business with the path $1"
}

# The instance of tor@INSTANCE.service; none stands for the template itself.
is_instance() { [ -z "$1" ] || is_id "$1"; }

# Every part of a/b/c is a plain name, and none is where keys lie.
are_names() { # RELATIVE
  are_rest=$1/
  while [ -n "$are_rest" ]; do
    is_name "${are_rest%%/*}" || return 1
    is_secret "${are_rest%%/*}" && return 1
    are_rest=${are_rest#*/}
  done
}

# Keys, cookies and the directories of tor that hold them: never read, hashed, written or removed.
is_secret() { # NAME
  case $1 in
  keys | *secret* | hs_ed25519_* | *_key | *.key | *cookie* | authorized_clients | *.auth | *.auth_private) ;;
  *) return 1 ;;
  esac
}

# Looks at PATH and everything above it without following links. Every directory must be a real one that only the owner
# can change. Sets target_{type,mode,owner,group,size} (type empty: nothing there) and `nearest`, the deepest directory
# there is.
inspect() { # PATH
  inspect_path=$root$1
  inspect_at=$root
  inspect_rest=${1#/}
  set --
  while :; do
    case $inspect_rest in
    */*)
      inspect_at=$inspect_at/${inspect_rest%%/*}
      inspect_rest=${inspect_rest#*/}
      set -- "$@" "$inspect_at"
      ;;
    *) break ;;
    esac
  done
  target_type='' target_mode='' target_owner='' target_group='' target_size='' nearest=${root:-/}
  inspect_found=$(stat -c '%F:%u:%a:%U:%G:%s:%n' -- "$@" "$inspect_path" 2>/dev/null)
  while IFS=: read -r found_type found_uid found_mode found_owner found_group found_size found_name; do
    [ -n "$found_type" ] || continue
    if [ "$found_name" = "$inspect_path" ]; then
      target_type=$found_type target_mode=$found_mode target_owner=$found_owner target_group=$found_group
      target_size=$found_size
      continue
    fi
    [ "$found_type" = directory ] || fail 77 "$found_name is a $found_type, not a directory"
    [ "$found_uid" = "$owner_uid" ] || fail 77 "$found_name belongs to $found_owner, not to $owner"
    case $found_mode in *[2367] | *[2367]?) fail 77 "$found_name can be changed by others (mode $found_mode)" ;; esac
    nearest=$found_name
  done <<FOUND
$inspect_found
FOUND
}

# Debian's /lib is a link to usr/lib: the one link above a path that is fine.
real_library_path() { # PATH
  case $1 in
  /lib/*) if [ -L "$root/lib" ]; then library_path=/usr$1; else library_path=$1; fi ;;
  *) library_path=$1 ;;
  esac
}
