# What may stand in a file written through this helper. The same must hold of a file that is replaced or removed:
# nothing goes that could not be put back the same way.

# Prints the libraries that the drop-in or unit preloads, one a line; fails where it asks for more than it may. What only an
# administrator may write (User=, ExecStart=, other variables) may stand in a drop-in that is edited, as long as it stays as
# it was, in its section and its order.
check_unit_text() { # KIND OLD NEW BYTES
  awk -v kind="$1" -v bytes="$4" '
function refuse(why) {
  printf "tearless-helper: line %d: %s\n", FNR, why >"/dev/stderr"
  refused = 1
  exit 65
}
# A line or a word that may not be written here: fine where it stood before.
function foreign(text, why, item) {
  item = section "\t" text
  if (which == "old") old[++olds] = item
  else if (news < olds && old[news + 1] == item) news += 1
  else refuse(why)
}
function preload(token, value, count, paths, i) {
  if (value !~ /^[A-Za-z0-9_.+\/:-]+$/) {
    foreign(token, "LD_PRELOAD holds odd characters")
    return
  }
  count = split(value, paths, ":")
  for (i = 1; i <= count; i++)
    if (paths[i] !~ /^\/(usr\/lib|lib|usr\/local\/lib)\/[^\/]/ || paths[i] ~ /\/\.\.?(\/|$)|\/\/|\/$/) {
      foreign(token, "LD_PRELOAD names a file outside the library directories: " paths[i])
      return
    }
  if (which == "new") for (i = 1; i <= count; i++) print paths[i]
}
function assignment(token, at, name, value) {
  at = index(token, "=")
  name = substr(token, 1, at - 1)
  value = substr(token, at + 1)
  if (name == "LD_PRELOAD") preload(token, value)
  else if (name ~ /^MALLOC_(ARENA_MAX|ARENA_TEST|TRIM_THRESHOLD_|TOP_PAD_|MMAP_THRESHOLD_|MMAP_MAX_)$/) {
    if (value !~ /^[0-9]+$/) foreign(token, name " wants a number")
  } else if (name == "MALLOC_CONF") {
    if (value !~ /^[A-Za-z0-9_:,.-]+$/ || value ~ /prof/) foreign(token, "MALLOC_CONF holds what it may not")
  } else if (name ~ /^MIMALLOC_[A-Z0-9_]+$/) {
    if (value !~ /^[A-Za-z0-9]+$/) foreign(token, name " holds odd characters")
  } else if (name ~ /^TCMALLOC_[A-Z_]+$/) {
    if (value !~ /^([0-9.]+|t|f|true|false)$/) foreign(token, name " holds odd characters")
  } else if (name == "GLIBC_TUNABLES") {
    if (value !~ /^glibc\.malloc\.[a-z_]+=[0-9]+(:glibc\.malloc\.[a-z_]+=[0-9]+)*$/) foreign(token, "GLIBC_TUNABLES sets more than malloc")
  } else foreign(token, "the environment variable " name " is not one of the allocators")
}
function environment(value, quote, at) {
  while (value != "") {
    quote = substr(value, 1, 1)
    if (quote == "\"" || quote == "\047") {
      value = substr(value, 2)
      at = index(value, quote)
      if (at == 0) {
        foreign(quote value, "unbalanced quotes")
        return
      }
      assignment(substr(value, 1, at - 1))
      value = substr(value, at + 1)
      if (value !~ /^([ \t]|$)/) {
        foreign(quote value, "text after a closing quote")
        return
      }
    } else {
      match(value, /^[^ \t]+/)
      assignment(substr(value, 1, RLENGTH))
      value = substr(value, RLENGTH + 1)
    }
    sub(/^[ \t]+/, "", value)
  }
}
function timers() {
  allowed["Timer", "OnActiveSec"] = span
  allowed["Timer", "OnBootSec"] = span
  allowed["Timer", "OnStartupSec"] = span
  allowed["Timer", "OnUnitActiveSec"] = span
  allowed["Timer", "OnUnitInactiveSec"] = span
  allowed["Timer", "OnCalendar"] = "^[A-Za-z0-9 .,:*/-]+$"
  allowed["Timer", "RandomizedDelaySec"] = span
  allowed["Timer", "AccuracySec"] = span
  allowed["Timer", "Persistent"] = flag
  allowed["Install", "WantedBy"] = "^timers\\.target$"
}
BEGIN {
  units = "^((tor|network|network-online|time-sync)\\.(service|target)|tor@(%[iI]|[A-Za-z0-9_.-]+)\\.service| )+$"
  span = "^(infinity|([0-9]+(us|ms|s|min|m|h|d|w)? ?)+)$"
  size = "^(infinity|[0-9]+[KMGT%]?)$"
  limit = "^(infinity|[0-9]+)(:(infinity|[0-9]+))?$"
  number = "^-?[0-9]+$"
  flag = "^(yes|no|true|false|on|off|1|0)$"
  words = "^[^%]+$"
  allowed["Unit", "Description"] = words
  if (kind == "drop-in") {
    sections = "^(Unit|Service)$"
    allowed["Unit", "StartLimitIntervalSec"] = span
    allowed["Unit", "StartLimitBurst"] = "^[0-9]+$"
    allowed["Service", "Restart"] = "^(no|always|on-success|on-failure|on-abnormal|on-abort|on-watchdog)$"
    allowed["Service", "RestartSec"] = span
    allowed["Service", "RestartSteps"] = "^[0-9]+$"
    allowed["Service", "RestartMaxDelaySec"] = span
    allowed["Service", "TimeoutStartSec"] = span
    allowed["Service", "TimeoutStopSec"] = span
    allowed["Service", "LimitNOFILE"] = limit
    allowed["Service", "LimitMEMLOCK"] = limit
    allowed["Service", "MemoryHigh"] = size
    allowed["Service", "MemoryMax"] = size
    allowed["Service", "MemorySwapMax"] = size
    allowed["Service", "MemoryAccounting"] = flag
    allowed["Service", "CPUWeight"] = "^[0-9]+$"
    allowed["Service", "CPUQuota"] = "^[0-9]+%$"
    allowed["Service", "IOWeight"] = "^[0-9]+$"
    allowed["Service", "Nice"] = number
    allowed["Service", "OOMScoreAdjust"] = number
  } else if (kind == "service") {
    sections = "^(Unit|Service)$"
    allowed["Service", "Type"] = "^oneshot$"
    allowed["Service", "ExecStart"] = "^((/usr)?/bin/systemctl (--no-block )?(restart|try-restart|reload) tor@[A-Za-z0-9][A-Za-z0-9_.-]*\\.service|/bin/sh /usr/local/lib/tearless/memory-summary)$"
    allowed["Service", "TimeoutStartSec"] = span
    allowed["Service", "SyslogIdentifier"] = "^tearless-[a-z-]+$"
    allowed["Service", "NoNewPrivileges"] = "^yes$"
    allowed["Service", "Nice"] = "^[0-9]+$"
  } else if (kind == "restart-service") {
    # Units that people write to restart tor now and then.
    sections = "^(Unit|Service|Install)$"
    allowed["Unit", "Description"] = "."
    allowed["Unit", "After"] = allowed["Unit", "Wants"] = allowed["Unit", "Requires"] = units
    allowed["Service", "Type"] = "^oneshot$"
    allowed["Service", "ExecStart"] = "^(/usr)?/bin/systemctl ((--no-block|--quiet|-q) )*((try-)?restart|reload|(try-)?reload-or-restart) tor@(%[iI]|[A-Za-z0-9][A-Za-z0-9_.-]*)(\\.service)?$"
    allowed["Service", "TimeoutStartSec"] = span
  } else if (kind == "restart-timer") {
    sections = "^(Unit|Timer|Install)$"
    allowed["Unit", "Description"] = "."
    allowed["Unit", "After"] = allowed["Unit", "Wants"] = allowed["Unit", "Requires"] = units
    allowed["Timer", "Unit"] = "^(tor-restart|restart-tor)[A-Za-z0-9_.@%-]*\\.service$"
    timers()
  } else {
    sections = "^(Unit|Timer|Install)$"
    allowed["Timer", "Unit"] = "^tearless-[A-Za-z0-9_.@-]+\\.service$"
    timers()
  }
}
which == "new" { read += length($0) + 1 }
FNR == 1 { section = "" }
/[\\\001-\010\013-\037\177]/ { refuse("backslashes and control characters are not allowed") }
{
  line = $0
  gsub(/^[ \t]+|[ \t]+$/, "", line)
}
line == "" || line ~ /^[#;]/ { next }
line ~ /^\[/ {
  section = substr(line, 2, length(line) - 2)
  if (line !~ /\]$/ || section !~ sections) foreign(line, "the section " line " is not allowed")
  next
}
{
  at = index(line, "=")
  if (at < 2) {
    foreign(line, "neither a comment, a section nor a directive")
    next
  }
  key = substr(line, 1, at - 1)
  value = substr(line, at + 1)
  sub(/[ \t]+$/, "", key)
  sub(/^[ \t]+/, "", value)
  if (value == "") foreign(line, key " is empty")
  else if (kind == "drop-in" && section == "Service" && key == "Environment") environment(value)
  else if (!((section, key) in allowed)) foreign(line, "the directive " key " is not allowed in [" section "]")
  else if (value !~ allowed[section, key]) foreign(line, "the value of " key " is not allowed")
}
END {
  if (!refused && news != olds) refuse("the new text lacks what only an administrator may remove: " old[news + 1])
  if (!refused && read != bytes && read != bytes + 1) refuse("the text holds a NUL")
}
' which=old "$2" which=new "$3" || exit 65
}

# A preloaded library is run by root when tor starts. It may be missing, but nobody else may be able to put it there.
check_preloads() { # LIBRARIES, one a line
  while IFS= read -r preload; do
    [ -n "$preload" ] || continue
    real_library_path "$preload"
    inspect "$library_path"
    case $target_type in
    '') continue ;;
    'symbolic link')
      preload_real=$(readlink -f -- "$root$library_path") || continue
      preload_real=${preload_real#"$root"}
      case $preload_real in /usr/lib/* | /lib/* | /usr/local/lib/*) ;; *) fail 65 "$preload leads to $preload_real" ;; esac
      inspect "$preload_real"
      ;;
    esac
    case $target_type in '') continue ;; 'regular file') ;; *) fail 65 "$preload is a $target_type" ;; esac
    [ "$target_owner" = "$owner" ] || fail 65 "$preload belongs to $target_owner, not to $owner"
    case $target_mode in *[2367] | *[2367]?) fail 65 "$preload can be changed by others (mode $target_mode)" ;; esac
  done <<PRELOADS
$1
PRELOADS
}

# A torrc may change in everything but the lines by which tor, still root, runs programs, writes elsewhere, opens itself
# to control, trusts other authorities or drops its defences: those stay as they are, in their order. Tor takes
# abbreviations and any case; a key that begins such an option's name counts as it. Onion services may come and go whose
# directory lies directly below the instance's own data directory.
check_torrc() { # PATH OLD NEW BYTES
  case $1 in
  /etc/tor/torrc) torrc_data=/var/lib/tor ;;
  /etc/tor/instances/*/torrc)
    torrc_instance=${1#/etc/tor/instances/}
    torrc_instance=${torrc_instance%/torrc}
    torrc_data=/var/lib/tor-instances/$torrc_instance
    is_id "$torrc_instance" || torrc_data=
    ;;
  *) torrc_data= ;;
  esac
  awk -v bytes="$4" -v data="$torrc_data" '
function refuse(why) {
  printf "tearless-helper: %s\n", why >"/dev/stderr"
  refused = 1
  exit 65
}
function guards(line, key, i) {
  key = tolower(line)
  sub(/^[+\/]+/, "", key)
  if (match(key, /[ \t\v\f\r#\\]/)) key = substr(key, 1, RSTART - 1)
  if (key == "" || key == "dirport") return tolower(line) ~ /unix:/
  if (key ~ /^[%_]/ || tolower(line) ~ /unix:/) return 1
  for (i = 1; i <= names; i++) if (index(name[i], key) == 1) return 1
  return 0
}
BEGIN {
  names = split("user datadirectory datadirectorygroupreadable cachedirectory cachedirectorygroupreadable keydirectory " \
    "keydirectorygroupreadable familykeydirectory pidfile log logfile loglevel syslogidentitytag truncatelogfile safelogging " \
    "controlsocket controlsocketsgroupwritable controlport controllistenaddress controlportwritetofile " \
    "controlportfilegroupreadable hashedcontrolpassword hashedpassword cookieauthentication cookieauthfile " \
    "cookieauthfilegroupreadable extorport extorportcookieauthfile extorportcookieauthfilegroupreadable " \
    "clienttransportplugin servertransportplugin servertransportlistenaddr servertransportoptions " \
    "hiddenservicedir hiddenservicedirgroupreadable clientonionauthdir dirportfrontpage geoipfile geoipv6file " \
    "v3bandwidthsfile guardfractionfile serverdnsresolvconffile approvedroutersfile accelname acceldir " \
    "hardwareaccel sandbox noexec runasdaemon keepbindcapabilities disabledebuggerattachment disableallswap " \
    "dirauthority dirserver alternatebridgeauthority alternatedirauthority fallbackdir unixsocksgroupwritable " \
    "sockssocketsgroupwritable", name, " ")
}
# A service in the data directory: its name is plain, and not that of the directory of the relay\047s keys.
function is_own_service(line, name) {
  if (data == "" || tolower(line) !~ /^hiddenservicedir[ \t]/) return 0
  name = line
  sub(/^[^ \t]+[ \t]+/, "", name)
  sub(/[ \t\r]+$/, "", name)
  sub(/\/$/, "", name)
  if (index(name, data "/") != 1) return 0
  name = substr(name, length(data) + 2)
  return name ~ /^[A-Za-z0-9][A-Za-z0-9_.-]*$/ && name !~ /\.\./ && name != "keys"
}
which == "new" { read += length($0) + 1 }
{
  line = $0
  if (FNR == 1) sub(/^\357\273\277/, "", line)
  sub(/^[ \t\v\f\r]+/, "", line)
  comment = line ~ /^#/
  continued = continues
  if (!comment) continues = line ~ /\\$/
}
comment || line == "" { next }
!continued && !continues && is_own_service(line) { next }
guards(line) {
  if (continued || continues) refuse("line " FNR " of the " which " torrc: a guarded option on a continued line")
  if (which == "old") old[++olds] = line
  else {
    news += 1
    if (news > olds || old[news] != line) refuse("line " FNR " of the new torrc: only an administrator may add or change this option")
  }
}
END {
  if (!refused && news != olds) refuse("the new torrc lacks a line that only an administrator may remove: " old[news + 1])
  if (!refused && read != bytes && read != bytes + 1) refuse("the text holds a NUL")
}
' which=old continues=0 "$2" which=new continues=0 "$3" || exit 65
}

# Scripts that run as root come from here alone.
check_script() { # FILE
  script_sum=$(sha256sum -- "$1") || fail 73 "cannot read $1"
  [ "${script_sum%% *}" = '@SUMMARY_SUM@' ] || fail 65 'only the script that this helper knows may lie there'
}

# Fails unless a file of this class may hold NEW, of that size, where OLD (or nothing) was. What a run keeps may hold
# anything.
check_content() { # CLASS PATH OLD NEW BYTES
  case $1 in
  drop-in) content_preloads=$(check_unit_text drop-in "$3" "$4" "$5") || exit 65 && check_preloads "$content_preloads" ;;
  unit) check_unit_text "${2##*.}" /dev/null "$4" "$5" >/dev/null ;;
  restart-unit) check_unit_text "restart-${2##*.}" /dev/null "$4" "$5" >/dev/null ;;
  script) check_script "$4" ;;
  torrc) check_torrc "$2" "$3" "$4" "$5" ;;
  esac
}
