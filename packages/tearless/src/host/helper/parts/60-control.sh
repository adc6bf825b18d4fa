# Byte pipes to the control socket of one tor instance, already authenticated: the cookie never leaves the host. A pipe runs
# as the instance's own user, so a file that tor's user put in the way gives it nothing that it had not.
control_open='use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 pack_sockaddr_un);
my ($user, $directory, $address, $port) = @ARGV;
sub give_up { my ($status, $words) = @_; print STDERR "tearless-helper: $words\n"; exit $status }
my (undef, undef, $uid, $gid) = getpwnam $user or give_up(66, "the user $user does not exist");
if ($> == 0 && $uid != 0) {
  $( = $gid;
  $) = "$gid $gid";
  ($<, $>) = ($uid, $uid);
  give_up(79, "cannot become $user") if $< != $uid || $> != $uid || $( != $gid || ($) + 0) != $gid;
}
my $cookie = "";
if (open my $file, "<:raw", "$directory/control.authcookie") {
  -f $file && read($file, $cookie, 33) == 32 or give_up(79, "$directory/control.authcookie is no cookie");
  close $file;
}
socket my $tor, PF_UNIX, SOCK_STREAM, 0 or give_up(79, "no socket: $!");
connect $tor, pack_sockaddr_un("$directory/control") or give_up(66, "$directory/control: $!");
my $authenticate = "AUTHENTICATE" . ($cookie eq "" ? "" : " " . unpack "H*", $cookie) . "\r\n";
$SIG{PIPE} = "IGNORE";
sub put {
  my ($to, $bytes) = @_;
  my $at = 0;
  while ($at < length $bytes) {
    my $wrote = syswrite $to, $bytes, length($bytes) - $at, $at;
    next if !defined $wrote && $!{EINTR};
    exit 0 unless defined $wrote;
    $at += $wrote;
  }
}
put($tor, $authenticate);
my $answer = "";
while ($answer !~ /\n/) {
  my $got = sysread $tor, $answer, 4096, length $answer;
  next if !defined $got && $!{EINTR};
  give_up(79, "tor closed the control connection") unless $got;
}
$answer =~ /^250 / or give_up(79, "tor refused its own cookie: " . ($answer =~ /^([ -~]*)/)[0]);
put(*STDOUT, "tearless-control ready\n");
'

# Sets control_user and control_directory.
find_control() { # INSTANCE
  is_id "$1" || usage
  case $1 in
  default) control_user=debian-tor control_directory=$root/run/tor ;;
  *) control_user=_tor-$1 control_directory=$root/run/tor-instances/$1 ;;
  esac
  [ -z "$root" ] || control_user=$owner
}

# Only commands that look pass, and SIGNAL RELOAD; tor answers each of the others with 510 Unrecognized command.
verb_control() {
  expect 1 "$@"
  find_control "$1"
  exec perl -e "$control_open"'sub passes {
  my ($line) = @_;
  return $authenticate if $line =~ /^AUTHENTICATE\b/i;
  return "$line\r\n" if $line =~ /^(PROTOCOLINFO|QUIT)\b/i || $line =~ /^(GETINFO|GETCONF) [ -~]+$/i;
  return "$line\r\n" if $line =~ /^SETEVENTS( [A-Z_ ]*)?$/i && $line !~ /\b(DEBUG|INFO)\b/i;
  return "$line\r\n" if $line =~ /^SIGNAL RELOAD$/i;
  return "REFUSED_BY_TEARLESS\r\n";
}
my ($asked, $told, $open) = ("", "", 1);
while (1) {
  my $wait = "";
  vec($wait, fileno($tor), 1) = 1;
  vec($wait, fileno(STDIN), 1) = 1 if $open;
  select(my $ready = $wait, undef, undef, undef) < 0 and next;
  if ($open && vec($ready, fileno(STDIN), 1)) {
    my $got = sysread STDIN, $asked, 65536, length $asked;
    next if !defined $got && $!{EINTR};
    if (!$got) { $open = 0; shutdown $tor, 1 }
    while ($asked =~ s/^([^\n]*)\n//) {
      my $line = $1;
      $line =~ s/\r$//;
      put($tor, passes($line));
    }
    give_up(65, "a command is too long") if length $asked > 1 << 20;
  }
  if (vec($ready, fileno($tor), 1)) {
    my $got = sysread $tor, $told, 65536, length $told;
    next if !defined $got && $!{EINTR};
    my $end = $got ? rindex($told, "\n") + 1 : length $told;
    my $lines = substr $told, 0, $end, "";
    # Authenticated already: what is said of it must not send a client in search of a cookie.
    $lines =~ s/^250-AUTH METHODS=[^\r\n]*/250-AUTH METHODS=NULL/mg;
    put(*STDOUT, $lines);
    exit 0 unless $got;
  }
}
' "$control_user" "$control_directory"
}
