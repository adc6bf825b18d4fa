# Files: what lies there, and writing it so that a reader sees the old content or the new.

# Name, type letter, mode, owner, group, size and link target of each, NUL-terminated; an empty field; `SHA256  PATH` of
# the regular files.
describe() { # ENTRIES…
  find "$@" -maxdepth 0 -printf '%f\0%y\0%m\0%u\0%g\0%s\0%l\0' || fail 79 "cannot look at $*"
  printf '\0'
  find "$@" -maxdepth 0 -type f -exec sha256sum -z -- {} +
}
verb_stat() {
  expect 1 "$@"
  classify "$1"
  stat_path=$1
  case $class in library) real_library_path "$1" && stat_path=$library_path ;; esac
  inspect "$stat_path"
  stat_link=
  case $target_type in
  '') return 0 ;;
  'regular file' | 'regular empty file') stat_letter=f ;;
  directory) stat_letter=d ;;
  'symbolic link') stat_letter=l && stat_link=$(readlink -n -- "$root$stat_path"; echo .) ;;
  *) stat_letter=x ;;
  esac
  printf '%s\0' "${1##*/}" "$stat_letter" "$target_mode" "$target_owner" "$target_group" "$target_size" "${stat_link%.}" ''
  [ "$stat_letter" != f ] || sha256sum -z -- "$root$stat_path" || fail 79 "cannot read $1"
}
verb_list() {
  expect 1 "$@"
  classify "$1"
  list_path=$1
  case $class in library) real_library_path "$1" && list_path=$library_path ;; esac
  inspect "$list_path"
  case $target_type in
  directory) ;;
  '') fail 66 "$1 does not exist" ;;
  *) fail 66 "$1 is a $target_type, not a directory" ;;
  esac
  # What this helper has no business with is named, so that a directory does not look empty, and no more.
  set --
  for list_entry in "$root$list_path"/* "$root$list_path"/.[!.]* "$root$list_path"/..?*; do
    [ -e "$list_entry" ] || [ -L "$list_entry" ] || continue
    ! is_dead_temporary "$list_entry" || continue
    list_class=$class
    class_of "${list_entry#"$root"}"
    if [ -n "$class" ]; then
      set -- "$@" "$list_entry"
    elif [ "$list_class" != unit-directory ]; then
      find "$list_entry" -maxdepth 0 -printf '%f\0x\0%m\0%u\0%g\0\0\0'
    fi
    class=$list_class
  done
  if [ $# -eq 0 ]; then printf '\0'; else describe "$@"; fi
}
verb_read() {
  expect 1 "$@"
  classify "$1"
  case $class in
  *-directory) fail 66 "$1 is a directory" ;;
  library) real_library_path "$1" ;;
  *) library_path=$1 ;;
  esac
  inspect "$library_path"
  case $target_type in
  'regular file' | 'regular empty file') ;;
  '') fail 66 "$1 does not exist" ;;
  *) fail 66 "$1 is a $target_type, not a file" ;;
  esac
  case $class-$target_mode in library-*[0-3]) fail 77 "$1 is not for everyone" ;; esac
  cat -- "$root$library_path" || fail 79 "cannot read $1"
}
# Fails unless `class` is one of files that are written here.
expect_written() { # PATH
  case $class in drop-in | unit | restart-unit | script | torrc | state) ;; *) fail 77 "$1 is not to be changed" ;; esac
}
verb_write() {
  expect 4 "$@"
  classify "$1"
  expect_written "$1"
  inspect "$1"
  case $target_type in
  '' | 'regular file' | 'regular empty file') ;;
  *) fail 77 "$1 is a $target_type: not replaced" ;;
  esac
  check_attributes "$2" "$3" "$4"
  write_path=$root$1
  write_directory=${write_path%/*}
  [ "$nearest" = "$write_directory" ] || make_directory "$write_directory"
  for write_left in "$write_directory/.${1##*/}.tearless."*; do
    ! is_dead_temporary "$write_left" || rm -f -- "$write_left"
  done
  # Digit by digit, which holds as long as nothing is executable; else chmod has to.
  case $2 in *[1357]*) ;; *) umask "$((666 - $2))" ;; esac
  temporary=$write_directory/.${1##*/}.tearless.$$
  spool "$temporary"
  umask 077
  write_old=/dev/null
  if [ -n "$target_type" ]; then
    write_old=$write_path
    # What is replaced must be such that it could be written back.
    case $class in torrc | drop-in) ;; *) check_content "$class" "$1" /dev/null "$write_path" "$target_size" ;; esac
  fi
  check_content "$class" "$1" "$write_old" "$temporary" "$input_bytes"
  [ "$3:$4" = "$owner:$owner_group" ] || chown -- "$3:$4" "$temporary" || fail 73 "cannot give $1 to $3:$4"
  case $2 in *[1357]*) chmod -- "$2" "$temporary" || fail 73 "cannot set the mode of $1" ;; esac
  to_disk "$temporary"
  mv -fT -- "$temporary" "$write_path" || fail 73 "cannot put $1 in place"
  temporary=
  to_disk "$write_directory"
}
# Left by a write that a power cut or a kill ended: its process is gone, or is another one since the host started again.
is_dead_temporary() { # ENTRY
  case $1 in */.*.tearless.*) ;; *) return 1 ;; esac
  is_number "${1##*.}" && [ -f "$1" ] && [ ! -L "$1" ] || return 1
  kill -0 "${1##*.}" 2>/dev/null || return 0
  dead_written=$(stat -c %Y -- "$1") && dead_booted=$(sed -n 's/^btime //p' /proc/stat) && is_number "$dead_booted" || return 1
  [ "$dead_written" -lt "$dead_booted" ]
}
check_attributes() { # MODE OWNER GROUP, of a file whose class and target are known
  case $1 in [0-7][0-7][0-7]) ;; *) usage ;; esac
  case $1 in
  ?[0145][0145]) ;;
  "$target_mode") ;;
  *) fail 77 "mode $1 would let others change the file" ;;
  esac
  is_name "$2" && is_name "$3" || usage
  case $class in
  torrc)
    case $2 in "$owner" | "$target_owner") ;; *) fail 77 "a torrc may not be given to $2" ;; esac
    case $3 in "$owner_group" | "$target_group" | debian-tor | _tor-*) ;; *) fail 77 "a torrc may not be given to group $3" ;; esac
    ;;
  *) [ "$2:$3" = "$owner:$owner_group" ] || fail 77 "this file belongs to $owner:$owner_group" ;;
  esac
  case $class-$1 in state-?00) ;; state-*) fail 77 "mode $1 would let others read it" ;; esac
}
make_directory() { # DIRECTORY, whose nearest existing ancestor is `nearest`
  case $class in state) ;; *) umask 022 ;; esac
  mkdir -p -- "$1" || fail 73 "cannot make $1"
  umask 077
  to_disk "$nearest"
}
# Does what undoes a write, so it follows the same rules.
verb_remove() {
  expect 1 "$@"
  classify "$1"
  expect_written "$1"
  inspect "$1"
  case $target_type in
  '') return 0 ;;
  'regular file' | 'regular empty file') ;;
  *) fail 77 "$1 is a $target_type: not removed" ;;
  esac
  check_content "$class" "$1" /dev/null "$root$1" "$target_size"
  rm -f -- "$root$1" || fail 73 "cannot remove $1"
  to_disk "$root${1%/*}"
}
verb_rmdir() {
  expect 1 "$@"
  classify "$1"
  case $class:$1 in
  torrc:/etc/tor | torrc:/etc/tor/instances | state-directory:/var/lib/tearless) fail 77 "$1 stays" ;;
  drop-in-directory:* | torrc:* | state-directory:*) ;;
  *) fail 77 "$1 is not to be removed" ;;
  esac
  inspect "$1"
  case $target_type in
  '') return 0 ;;
  directory) ;;
  *) fail 77 "$1 is a $target_type, not a directory" ;;
  esac
  for rmdir_entry in "$root$1"/* "$root$1"/.[!.]* "$root$1"/..?*; do
    ! is_dead_temporary "$rmdir_entry" || rm -f -- "$rmdir_entry" || fail 73 "cannot remove $rmdir_entry"
    [ ! -e "$rmdir_entry" ] && [ ! -L "$rmdir_entry" ] || fail 71 "$1 is not empty"
  done
  rmdir -- "$root$1" || fail 79 "cannot remove $1"
  to_disk "$root${1%/*}"
}
