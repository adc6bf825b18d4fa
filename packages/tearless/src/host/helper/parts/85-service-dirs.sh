# Directories of onion services below the data directory of a tor instance. Private keys are made here and never leave: no verb
# reads, replaces or removes one. Everything below that directory is done as tor's own user, so that a link which tor's user put
# in the way gives it nothing that it had not.
service_made=$state/services

# Sets instance_user, instance_data, instance_torrc and instance_defaults.
tor_instance() { # INSTANCE
  is_id "$1" || usage
  case $1 in
  default)
    instance_user=debian-tor instance_data=/var/lib/tor instance_torrc=/etc/tor/torrc
    instance_defaults=/usr/share/tor/tor-service-defaults-torrc
    ;;
  *)
    instance_user=_tor-$1 instance_data=/var/lib/tor-instances/$1 instance_torrc=/etc/tor/instances/$1/torrc
    instance_defaults=/run/tor-instances/$1.defaults
    ;;
  esac
  [ -z "$root" ] || instance_user=$owner
}
is_service_name() {
  is_id "$1" || return 1
  case $1 in keys | *.kept-*) return 1 ;; esac
}

# Runs as tor's user, in its data directory.
in_service_dirs() { # INSTANCE ACTION ARGUMENTS…
  made_names=
  for made_mark in "$service_made/$1."*; do
    [ ! -e "$made_mark" ] || made_names="$made_names ${made_mark#"$service_made/$1."}"
  done
  shift
  perl -e '
use strict;
use warnings;
use Fcntl qw(O_CREAT O_EXCL O_WRONLY O_RDONLY O_NOFOLLOW S_IMODE);
use IO::Handle;
my ($user, $data, $made, $action, @arguments) = @ARGV;
my %made = map { $_ => 1 } split / /, $made;
sub give_up { my ($status, $words) = @_; print STDERR "tearless-helper: $words\n"; exit $status }
my (undef, undef, $uid, $gid) = getpwnam $user or give_up(66, "the user $user does not exist");
if ($> == 0 && $uid != 0) {
  $( = $gid;
  $) = "$gid $gid";
  ($<, $>) = ($uid, $uid);
  give_up(79, "cannot become $user") if $< != $uid || $> != $uid || $( != $gid || ($) + 0) != $gid;
}
chdir $data or give_up(66, "$data: $!");
umask 077;
sub slurp {
  my ($path, $most) = @_;
  sysopen my $file, $path, O_RDONLY | O_NOFOLLOW or return undef;
  return undef unless -f $file;
  my ($bytes, $got) = ("", 0);
  1 while length $bytes <= $most && ($got = sysread $file, $bytes, $most + 1 - length $bytes, length $bytes);
  return length $bytes > $most ? undef : $bytes;
}
sub settle { my ($directory) = @_; open my $handle, "<", $directory or return; $handle->sync }
sub put {
  my ($path, $bytes, $mode) = @_;
  sysopen my $file, $path, O_CREAT | O_EXCL | O_WRONLY, 0600 or give_up(73, "cannot write $data/$path: $!");
  (syswrite($file, $bytes) // -1) == length $bytes && chmod($mode, $file) && $file->sync && close $file
    or give_up(73, "cannot write $data/$path: $!");
}
sub is_there { my ($name) = @_; return -d $name && !-l $name }
sub public_of {
  my ($name) = @_;
  my $public = slurp("$name/hs_ed25519_public_key", 64) // "";
  return $public =~ /\A== ed25519v1-public: type0 ==\0\0\0(.{32})\z/s ? unpack("H*", $1) : "-";
}
sub show {
  my ($name) = @_;
  my @config = lstat "$name/ob_config";
  my $config = @config ? slurp("$name/ob_config", 65536) : undef;
  my $key = !-l "$name/hs_ed25519_secret_key" && -f _ ? "key" : "-";
  return if $key eq "-" && !@config;
  my $text = defined $config ? "=" . unpack("H*", $config) : @config ? "?" : "-";
  printf "%s %s %s %s %o %s\n", $name, $made{$name} ? "made" : "-", $key, public_of($name), @config ? S_IMODE($config[2]) : 0, $text;
}
sub all { opendir my $directory, "." or give_up(79, "$data: $!"); return sort grep { /\A[A-Za-z0-9][\w.-]*\z/ && is_there($_) } readdir $directory }
sub move {
  my ($from, $to) = @_;
  give_up(71, "$data/$to is there already") if -e $to || -l $to;
  rename $from, $to or give_up(73, "cannot move $data/$from: $!");
  settle(".");
}
if ($action eq "show") {
  show($_) for all();
} elsif ($action eq "make") {
  my ($name) = @arguments;
  # Left by one that was cut off: a key that was never in use.
  for my $left (glob ".tearless-make.*") { unlink "$left/hs_ed25519_secret_key"; rmdir $left }
  if (-e $name || -l $name) {
    give_up(71, "$data/$name is there and holds no key of an onion service") unless is_there($name) && -f "$name/hs_ed25519_secret_key";
  } else {
    # As tor keeps it: a scalar, clamped, and a prefix. tor works out the public key and the address when it loads it.
    open my $source, "<:raw", "/dev/urandom" or give_up(79, "/dev/urandom: $!");
    my ($key, $got) = ("", 0);
    while (length $key < 64) { $got = sysread $source, $key, 64 - length $key, length $key or give_up(79, "/dev/urandom: $!") }
    substr($key, 0, 1) = chr(ord(substr $key, 0, 1) & 248);
    substr($key, 31, 1) = chr(ord(substr $key, 31, 1) & 63 | 64);
    my $beside = ".tearless-make.$$";
    mkdir $beside, 0700 or give_up(73, "cannot write in $data: $!");
    put("$beside/hs_ed25519_secret_key", "== ed25519v1-secret: type0 ==\0\0\0$key", 0600);
    settle($beside);
    move($beside, $name);
  }
  show($name);
} elsif ($action eq "keep") {
  my ($name, $kept) = @arguments;
  move($name, $kept) if is_there($name);
} elsif ($action eq "restore") {
  my ($name, $public) = @arguments;
  unless (is_there($name) && public_of($name) eq $public) {
    my ($kept) = grep { /\A\Q$name\E\.kept-/ && public_of($_) eq $public } all();
    give_up(66, "no directory that was kept of $name has this key") unless defined $kept;
    move($kept, $name);
  }
  show($name);
} elsif ($action eq "configure") {
  my ($name, $mode, $bytes) = @arguments;
  my $text = "";
  while (length $text < $bytes) { last unless sysread STDIN, $text, $bytes - length $text, length $text }
  give_up(74, "the text of ob_config was cut off") if length $text != $bytes;
  is_there($name) or give_up(66, "$data/$name does not exist");
  my $file = "$name/ob_config";
  give_up(77, "$data/$file is no plain file") if -l $file || (-e $file && !-f $file);
  if ($bytes == 0) {
    unlink $file or give_up(73, "cannot remove $data/$file: $!") if -e $file;
  } else {
    for my $line (split /\n/, $text, -1) {
      next if $line =~ /\A[ \t]*(?:#[ -~\t]*)?\z/ || $line =~ /\A[ \t]*MasterOnionAddress[ \t]+[a-z2-7]{56}\.onion[ \t]*\z/i;
      give_up(65, "ob_config may only name addresses: MasterOnionAddress ADDRESS.onion");
    }
    my $beside = "$name/.ob_config.tearless";
    unlink $beside;
    put($beside, $text, oct $mode);
    rename $beside, $file or give_up(73, "cannot put $data/$file in place: $!");
  }
  settle($name);
  show($name);
}
' "$instance_user" "$root$instance_data" "$made_names" "$@"
  service_status=$?
  [ "$service_status" -eq 0 ] || exit "$service_status"
}

# A line each: name, `made` where it was made here or -, `key` or -, the public key or -, mode and content of ob_config in
# hexadecimal after =, or - where there is none.
verb_service_show() {
  expect 1 "$@"
  tor_instance "$1"
  [ -d "$root$instance_data" ] || return 0
  in_service_dirs "$1" show
}
service_mark() { # INSTANCE NAME
  make_state "$service_made"
  : >"$service_made/$1.$2" && to_disk "$service_made" || fail 73 "cannot write $service_made/$1.$2"
}
# Makes the directory with a fresh key; one that is there with a key stays as it is.
verb_service_make() {
  expect 2 "$@"
  tor_instance "$1"
  is_service_name "$2" || usage
  [ -e "$root$instance_data/$2" ] || service_mark "$1" "$2"
  in_service_dirs "$1" make "$2"
}
# Takes a directory that was made here out of tor's way; the key in it stays.
verb_service_keep() {
  expect 3 "$@"
  tor_instance "$1"
  is_service_name "$2" && is_id "$3" || usage
  [ -e "$root$instance_data/$2" ] || return 0
  [ -e "$service_made/$1.$2" ] || fail 77 "$instance_data/$2 was not made by this helper"
  in_service_dirs "$1" keep "$2" "$2.kept-$3"
  rm -f -- "$service_made/$1.$2"
}
# Brings back the directory that was taken out of the way and has this public key.
verb_service_restore() {
  expect 3 "$@"
  tor_instance "$1"
  is_service_name "$2" || usage
  case $3 in *[!0-9a-f]*) usage ;; esac
  [ ${#3} -eq 64 ] || usage
  [ -e "$root$instance_data/$2" ] || service_mark "$1" "$2"
  in_service_dirs "$1" restore "$2" "$3"
}
# Standard input takes the place of the service's ob_config; nothing removes it.
verb_service_configure() {
  expect 3 "$@"
  tor_instance "$1"
  is_service_name "$2" || usage
  case $3 in 600 | 640 | 644 | 400 | 440 | 444) ;; *) usage ;; esac
  [ "$input_bytes" -le 65536 ] || usage
  in_service_dirs "$1" configure "$2" "$3" "$input_bytes"
}

# Lets tor, as the user that it has there, judge a text that may stand in the instance's torrc. Prints what tor says, an empty
# line, and tor's exit status.
verb_torrc_check() {
  expect 1 "$@"
  tor_instance "$1"
  inspect "$instance_torrc"
  case $target_type in 'regular file' | 'regular empty file') ;; *) fail 66 "$instance_torrc is no plain file" ;; esac
  make_state "$state"
  temporary=$state/.torrc.$$
  spool "$temporary"
  check_content torrc "$instance_torrc" "$root$instance_torrc" "$temporary" "$input_bytes"
  [ -r "$root$instance_defaults" ] || instance_defaults=
  perl -e '
use strict;
use warnings;
my ($user, @command) = @ARGV;
my (undef, undef, $uid, $gid) = getpwnam $user or exit 66;
if ($> == 0 && $uid != 0) {
  $( = $gid;
  $) = "$gid $gid";
  ($<, $>) = ($uid, $uid);
  exit 79 if $< != $uid || $> != $uid || $( != $gid || ($) + 0) != $gid;
}
chdir "/";
exec @command or exit 79;
' "$instance_user" tor --defaults-torrc "${instance_defaults:+$root}${instance_defaults:-/dev/null}" -f - --User '' \
    --PidFile '' --RunAsDaemon 0 --hush --verify-config <"$temporary" 2>&1
  printf '\n%s\n' "$?"
}
