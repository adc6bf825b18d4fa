# New code for a tor that runs. What root runs or hands to tor here is signed by somebody whom this host trusts: the login that
# calls this helper cannot sign. Memory is shown only where the program itself cannot write, so that no key can be among it.
live_state=$state/live
live_library=/usr/local/lib/tearless/live
live_signers=$live_state/signers

# Sets live_pid to the main process of tor@INSTANCE.
find_live() { # INSTANCE
  is_id "$1" || usage
  live_pid=$(systemctl show --property=MainPID --value "tor@$1.service") || fail 79 "systemctl says nothing of tor@$1.service"
  is_number "$live_pid" && [ "$live_pid" -gt 0 ] || fail 66 "tor@$1.service does not run"
}
is_build_id() {
  case $1 in '' | *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -ge 16 ] && [ ${#1} -le 64 ]
}
is_digest() {
  case $1 in '' | *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}
live_perl='use strict;
use warnings;
no warnings "portable";
sub give_up { my ($status, $words) = @_; print STDERR "tearless-helper: $words\n"; exit $status }
sub note_of {
  my ($notes) = @_;
  while (length $notes >= 12) {
    my ($owner, $size, $type) = unpack "VVV", $notes;
    my $from = 12 + (($owner + 3) & ~3);
    return unpack "H*", substr $notes, $from, $size
      if $type == 3 && substr($notes, 12, $owner) eq "GNU\0" && $from + $size <= length $notes;
    my $next = $from + (($size + 3) & ~3);
    return "" if $next > length $notes;
    $notes = substr $notes, $next;
  }
  return "";
}
'

# Lines on the process: pid, its start, build-id, path, how many bytes of /proc/PID/maps follow; those; then the bytes of each
# range asked for. A range is a line of the input: ADDRESS and LENGTH, hexadecimal and decimal.
verb_live_look() {
  expect 1 "$@"
  find_live "$1"
  head -c "$input_bytes" | perl -e "$live_perl"'
my ($pid) = @ARGV;
my $ranges = do { local $/; <STDIN> } // "";
binmode STDOUT;
sub slurp { my ($path) = @_; open my $file, "<:raw", $path or give_up(66, "$path: $!"); local $/; my $all = <$file>; return $all // "" }
my $stat = slurp("/proc/$pid/stat");
my $start = (split / /, substr $stat, rindex($stat, ")") + 2)[19];
open my $memory, "<:raw", "/proc/$pid/mem" or give_up(79, "the memory of $pid: $!");
sub bytes {
  my ($from, $size) = @_;
  sysseek $memory, $from, 0 or give_up(79, "the memory of $pid: $!");
  my $all = "";
  while (length $all < $size) {
    my $got = sysread $memory, $all, $size - length $all, length $all;
    give_up(79, sprintf "the memory of $pid at %x: %s", $from, defined $got ? "the end" : $!) unless $got;
  }
  return $all;
}
my %aux = unpack "(QQ)*", slurp("/proc/$pid/auxv");
my ($headers, $size, $count) = @aux{3, 4, 5};
$headers && $size && $size == 56 && $count && $count < 256 or give_up(79, "the program of $pid says nothing of itself");
my @headers = map { [unpack "VVQQQQQQ", $_] } unpack "(a56)*", bytes($headers, $size * $count);
my ($own) = grep { $_->[0] == 6 } @headers;
$own or give_up(79, "the program of $pid is at no place of its own");
my $base = $headers - $own->[3];
my $build = "";
for (grep { $_->[0] == 4 } @headers) { $build ||= note_of(bytes($base + $_->[3], $_->[6])) }
my $maps = slurp("/proc/$pid/maps");
my ($path, @shown) = ("");
my @mappings = map { /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ (\d+)\s*(.*)$/ ? [hex $1, hex $2, $3, $5, $6] : () } split /\n/, $maps;
for (@mappings) { $path = $_->[4] if $base >= $_->[0] && $base < $_->[1] }
$path =~ s/ \(deleted\)$//;
$path =~ m{^/} or give_up(79, "the program of $pid has no file");
for (@mappings) {
  my ($from, $to, $mode, $inode, $name) = @$_;
  $name =~ s/ \(deleted\)$//;
  next if $mode !~ /^r-/;
  # The program, what updates brought, and libraries, which say what they bring.
  next unless $name eq $path || $name =~ m{/[^/]+\.so(?:\.[^/]*)?$} || ($inode == 0 && $name eq "" && $mode =~ /^r-x/);
  if (@shown && $shown[-1][1] == $from) { $shown[-1][1] = $to } else { push @shown, [$from, $to] }
}
my @asked;
for my $line (split /\n/, $ranges) {
  $line =~ /^([0-9a-f]{1,12}) ([0-9]{1,8})$/ or give_up(64, "no range: $line");
  my ($from, $length) = (hex $1, $2);
  grep { $from >= $_->[0] && $from + $length <= $_->[1] } @shown
    or give_up(77, sprintf "the memory of $pid at %x is none that is shown", $from);
  push @asked, [$from, $length];
}
printf "%s\n", join " ", $pid, $start, $build || "-", sprintf("%x", $base), length $maps, $path;
print $maps, map { bytes(@$_) } @asked;
' "$live_pid" || exit $?
}

# Splits what the caller sent, `BYTES\n`, a signature of so many bytes, and what is signed, into DIRECTORY/{signature,content}.
live_receive() { # DIRECTORY
  spool "$1/sent"
  IFS= read -r live_length <"$1/sent" || live_length=
  is_number "$live_length" && [ "$live_length" -le 65536 ] || usage
  live_from=$((${#live_length} + 2))
  tail -c "+$live_from" -- "$1/sent" | head -c "$live_length" >"$1/signature" &&
    tail -c "+$((live_from + live_length))" -- "$1/sent" >"$1/content" && rm -f -- "$1/sent" || fail 73 "cannot write to $1"
}
# Fails unless DIRECTORY/content is signed, for this use and at this time, by somebody trusted. Sets live_signer.
live_verify() { # DIRECTORY NAMESPACE
  [ -s "$live_signers" ] || fail 69 "this host trusts nobody to sign live updates"
  [ -s "$1/signature" ] || fail 69 "there is no signature"
  live_signer=$(ssh-keygen -Y find-principals -s "$1/signature" -f "$live_signers" 2>/dev/null) && [ -n "$live_signer" ] ||
    fail 69 "it is signed by nobody whom this host trusts now"
  live_signer=$(printf '%s\n' "$live_signer" | head -n 1)
  ssh-keygen -Y verify -f "$live_signers" -I "$live_signer" -n "$2" -s "$1/signature" <"$1/content" >/dev/null 2>"$1/why" ||
    fail 69 "its signature does not hold: $(head -n 1 -- "$1/why")"
}

# What is signed begins with a word that this host gave away before: to be used once, within the hour, for the verb and the arguments
# that stand behind it. So nothing counts here that was signed at another time, for another host, or for something else.
live_words=$live_state/words
verb_live_word() {
  expect 0 "$@"
  make_state "$live_words"
  find "$live_words" -mindepth 1 -mmin +60 -delete
  IFS= read -r live_word </proc/sys/kernel/random/uuid || fail 73 'cannot think of a word'
  : >"$live_words/$live_word" || fail 73 "cannot write to $live_words"
  printf '%s\n' "$live_word"
}
# Puts what is signed behind its first line into FILE.
live_answer() { # DIRECTORY FILE VERB ARGUMENT…
  live_content=$1/content
  live_payload=$2
  shift 2
  IFS= read -r live_line <"$live_content" || live_line=
  live_word=${live_line%% *}
  case $live_word in '' | *[!0-9a-f-]*) fail 69 'it does not say what it was signed for' ;; esac
  [ "$live_line" = "$live_word $*" ] || fail 69 "it was signed for something else than $*"
  [ -n "$(find "$live_words" -mindepth 1 -name "$live_word" -mmin -60 2>/dev/null)" ] && rm -- "$live_words/$live_word" ||
    fail 71 'it was signed for another host or time, or was used already'
  tail -n +2 -- "$live_content" >"$live_payload" && rm -f -- "$live_content" || fail 73 "cannot write $live_payload"
}
live_directory() {
  make_state "$live_state"
  for live_left in "$live_state"/work.*; do
    [ -d "$live_left" ] && [ "${live_left##*.}" != $$ ] && ! kill -0 "${live_left##*.}" 2>/dev/null && rm -rf -- "$live_left"
  done
  temporary=$live_state/work.$$
  rm -rf -- "$temporary"
  mkdir -m 700 -- "$temporary" || fail 73 "cannot make $temporary"
}

# Prints the injector's report, and its exit status on a line of its own. Nobody keeps anything new meanwhile: who was cut off while
# this went on waits for its end there.
verb_live_inject() { # INSTANCE MODE DIGEST-OF-INJECTOR MAX-PAUSE-US FIND-US
  expect 5 "$@"
  is_digest "$3" && is_number "$4" && is_number "$5" || usage
  case $2 in apply | rollback | check) ;; *) usage ;; esac
  find_live "$1"
  alone
  live_directory
  live_receive "$temporary"
  live_verify "$temporary" live-plan@tearless
  live_answer "$temporary" "$temporary/plan" live-inject "$@"
  live_planned=$(od -An -tu4 -j24 -N4 -- "$temporary/plan" | tr -d ' ')
  [ "$live_planned" = "$live_pid" ] || fail 71 "the plan is for the process $live_planned, and tor@$1.service has $live_pid"
  inspect "$live_library/injector"
  [ "$target_type" = 'regular file' ] && [ "$target_owner" = "$owner" ] || fail 66 "there is no injector"
  live_injector=$(sha256sum -- "$root$live_library/injector") || fail 79 "cannot read the injector"
  [ "${live_injector%% *}" = "$3" ] || fail 71 "the injector is another one than was meant"
  chmod 600 -- "$temporary/plan"
  "$root$live_library/injector" "$2" "$temporary" --max-pause-us "$4" --find-us "$5"
  printf '%s\n' "$?"
}

live_start_of() { # PID
  [ ! -r "/proc/$1/stat" ] || sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}
# What is kept of processes that have ended goes. Of one that cannot be looked at just now it stays: it is the way back.
live_forget() {
  for live_kept in "$live_state"/process.*.json; do
    [ -e "$live_kept" ] || continue
    live_rest=${live_kept##*/process.}
    live_rest=${live_rest%.json}
    live_now=$(live_start_of "${live_rest%%.*}")
    [ -e "/proc/${live_rest%%.*}" ] && { ! is_number "$live_now" || [ "$live_now" = "${live_rest#*.}" ]; } || rm -f -- "$live_kept"
  done
}
# What a process went through: JSON that Tearless writes, so that whoever comes next can go on or go back. Plans are made and signed by
# what stands in it, so it is signed itself.
verb_live_record_show() { # PID START
  expect 2 "$@"
  is_number "$1" && is_number "$2" || usage
  [ -d "$live_state" ] || return 0
  live_forget
  [ ! -e "$live_state/process.$1.$2.json" ] || cat -- "$live_state/process.$1.$2.json" || fail 79 "cannot read what is kept of $1"
}
verb_live_record_put() { # PID START
  expect 2 "$@"
  is_number "$1" && is_number "$2" || usage
  alone
  live_directory
  live_receive "$temporary"
  live_verify "$temporary" live-plan@tearless
  live_answer "$temporary" "$temporary/record" live-record-put "$@"
  live_forget
  [ "$(live_start_of "$1")" = "$2" ] || fail 71 "the process $1 has ended"
  to_disk "$temporary/record"
  mv -fT -- "$temporary/record" "$live_state/process.$1.$2.json" || fail 73 "cannot keep what became of $1"
  to_disk "$live_state"
}

verb_live_signers() {
  expect 0 "$@"
  [ ! -e "$live_signers" ] || cat -- "$live_signers" || fail 79 "cannot read $live_signers"
}
# Puts another list of signers in place. It is signed by one of those trusted now, together with what it replaces; only root
# itself says who is the first, not a login that may call this helper.
verb_live_trust() {
  expect 0 "$@"
  alone
  live_directory
  live_receive "$temporary"
  SUDO_COMMAND=${SUDO_COMMAND:-}
  if [ -s "$live_signers" ]; then
    live_verify "$temporary" live-signers@tearless
  elif [ "${SUDO_COMMAND%% *}" = /usr/local/lib/tearless/helper ]; then
    fail 69 "this host trusts nobody yet, and who is the first to be trusted is for its administrator to say"
  fi
  live_answer "$temporary" "$temporary/statement" live-trust
  live_former=$(cat -- "$live_signers" 2>/dev/null | sha256sum)
  [ "$(head -n 1 -- "$temporary/statement")" = "replaces ${live_former%% *}" ] || fail 71 "the signers are others by now"
  tail -n +2 -- "$temporary/statement" >"$temporary/signers"
  live_kinds='(ssh-ed25519|sk-ssh-ed25519@openssh\.com|ecdsa-sha2-nistp(256|384|521)|sk-ecdsa-sha2-nistp256@openssh\.com|ssh-rsa)'
  live_time='"[0-9]{8}([0-9]{4}([0-9]{2})?)?Z?"'
  ! grep -qvE "^[A-Za-z0-9][A-Za-z0-9@._-]* namespaces=\"live-plan@tearless,live-build@tearless,live-signers@tearless\"(,valid-after=$live_time)?(,valid-before=$live_time)? $live_kinds [A-Za-z0-9+/=]+\$" "$temporary/signers" ||
    fail 65 'this is no list of signers'
  to_disk "$temporary/signers"
  mv -fT -- "$temporary/signers" "$live_signers" || fail 73 "cannot put the signers in place"
  to_disk "$live_state"
}

# Puts a program where root and tor run it: a build of tor by its build-id, or the injector.
verb_live_install() { # BUILD-ID|injector
  expect 1 "$@"
  case $1 in injector) live_at=$live_library/injector ;; *) is_build_id "$1" || usage && live_at=$live_library/$1/tor ;; esac
  alone
  live_directory
  live_work=$temporary
  live_receive "$live_work"
  live_verify "$live_work" live-build@tearless
  live_answer "$live_work" "$live_work/program" live-install "$1"
  live_found=$(perl -e "$live_perl"'
open my $file, "<:raw", $ARGV[0] or give_up(73, "cannot read what was sent");
my $all = do { local $/; <$file> };
length $all > 64 && substr($all, 0, 5) eq "\x7fELF\x02" or give_up(65, "this is no program");
my ($from, $size, $count) = (unpack("Q<", substr $all, 32, 8), unpack "vv", substr $all, 54, 4);
for (0 .. $count - 1) {
  my ($type, undef, $offset, undef, undef, $bytes) = unpack "VVQQQQ", substr($all, $from + $_ * $size, 56) . "\0" x 56;
  next if $type != 4 || $offset + $bytes > length $all;
  my $build = note_of(substr $all, $offset, $bytes) or next;
  print $build;
  last;
}
' "$live_work/program") || exit $?
  [ "$1" = injector ] || [ "$live_found" = "$1" ] || fail 65 "the build-id of what was sent is ${live_found:-none}"
  inspect "$live_at"
  case $target_type in '' | 'regular file') ;; *) fail 77 "$live_at is a $target_type" ;; esac
  (umask 022 && mkdir -p -- "$root${live_at%/*}") || fail 73 "cannot make ${live_at%/*}"
  # Of those that were killed: nobody else is at it now.
  rm -f -- "$root${live_at%/*}"/.new.*
  live_beside=$root${live_at%/*}/.new.$$
  cat -- "$live_work/program" >"$live_beside" && chmod 755 -- "$live_beside" && to_disk "$live_beside" &&
    mv -fT -- "$live_beside" "$root$live_at" || { rm -f -- "$live_beside"; fail 73 "cannot put $live_at in place"; }
  to_disk "$root${live_at%/*}"
}
# A build that no instance is started from goes; what runs it goes on.
verb_live_uninstall() { # BUILD-ID
  expect 1 "$@"
  is_build_id "$1" || usage
  alone
  inspect "$live_library/$1/tor"
  [ -n "$target_type" ] || return 0
  ! grep -qsF "$live_library/$1/tor" "$root"/etc/systemd/system/tor@*.service.d/90-tearless-live.conf ||
    fail 71 "an instance is started from $live_library/$1"
  rm -f -- "$root$live_library/$1/tor" "$root$live_library/$1"/.new.* && rmdir -- "$root$live_library/$1" || fail 79 "cannot remove $live_library/$1"
}

# Has systemd start an instance from a build that lies here, or, with `-`, from what it is started from otherwise. Everything
# else about the unit stays as its package has it. Nothing restarts, and systemd is not told.
verb_live_use() { # INSTANCE BUILD-ID|-
  expect 2 "$@"
  is_id "$1" || usage
  live_drop_in=/etc/systemd/system/tor@$1.service.d/90-tearless-live.conf
  alone
  inspect "$live_drop_in"
  case $target_type in '' | 'regular file') ;; *) fail 77 "$live_drop_in is a $target_type" ;; esac
  if [ "$2" = - ]; then
    rm -f -- "$root$live_drop_in" || fail 79 "cannot remove $live_drop_in"
    rmdir -- "$root${live_drop_in%/*}" 2>/dev/null
    return 0
  fi
  is_build_id "$2" || usage
  live_nearest=$nearest
  inspect "$live_library/$2/tor"
  [ "$target_type" = 'regular file' ] || fail 66 "there is no build $2"
  [ -d "$root${live_drop_in%/*}" ] ||
    { (umask 022 && mkdir -- "$root${live_drop_in%/*}") && to_disk "$live_nearest"; } || fail 73 "cannot make ${live_drop_in%/*}"
  temporary=$root${live_drop_in%/*}/.90-tearless-live.conf.$$
  (umask 022 && systemctl cat "tor@$1.service" | perl -e "$live_perl"'
my ($own, $tor) = @ARGV;
my ($skip, $section, $rest, %lines) = (0, "", "");
while (<STDIN>) {
  chomp;
  if (m{^# (/\S+)$}) { ($skip, $section) = ($1 eq $own, "") }
  next if $skip || /^\s*[#;]/;
  $_ = "$rest$_";
  $rest = "";
  if (s/\\$/ /) { $rest = $_; next }
  if (/^\s*\[(\w+)\]/) { $section = $1; next }
  next unless $section eq "Service" && /^\s*(ExecStart(?:Pre)?)\s*=\s*(.*?)\s*$/;
  if ($2 eq "") { $lines{$1} = [] } else { push @{$lines{$1}}, $2 }
}
my $changed = 0;
for (@{$lines{ExecStart} || []}) { $changed += s{^([-@:+!|]*)/usr/s?bin/tor(?=\s|$)}{$1$tor} }
$changed == 1 or give_up(71, "the unit does not start /usr/bin/tor, or not alone");
for (@{$lines{ExecStartPre} || []}) { s{^([-@:+!|]*)/usr/s?bin/tor(?=\s|$)}{$1$tor} }
print "# Starts tor from a build for live updates; the rest of the unit is as it was.\n[Service]\n";
for my $key ("ExecStartPre", "ExecStart") { print "$key=\n", map { "$key=$_\n" } @{$lines{$key}} if $lines{$key} }
' "$live_drop_in" "$live_library/$2/tor" >"$temporary") || fail 71 "cannot tell how tor@$1.service is started"
  to_disk "$temporary"
  mv -fT -- "$temporary" "$root$live_drop_in" || fail 73 "cannot put $live_drop_in in place"
  temporary=
  to_disk "$root${live_drop_in%/*}"
}
# The build that systemd starts an instance from, or nothing.
verb_live_used() { # INSTANCE
  expect 1 "$@"
  is_id "$1" || usage
  sed -n "s,^ExecStart=[^/]*$live_library/\([0-9a-f]*\)/tor .*,\1,p" \
    "$root/etc/systemd/system/tor@$1.service.d/90-tearless-live.conf" 2>/dev/null
  return 0
}
