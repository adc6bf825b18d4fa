# For a balancer: of the control port of one instance only what tells of one onion service. Its own current descriptor, and
# events that say when to look at it again; of circuits no path, of other services nothing. With the port that the service is
# visited on, it also tells whether what HiddenServicePort leads to accepts connections, as an event of its own:
#   650 ONION_SERVICE DOWN TARGET="127.0.0.1:8080" WHY="Connection refused"
# A client that is silent for a quarter of an hour has gone.
verb_onion() {
  case $# in 2 | 3) ;; *) usage ;; esac
  case $2 in *[!a-z2-7]*) usage ;; esac
  [ ${#2} -eq 56 ] || usage
  case ${3-1} in 0* | *[!0-9]* | '' | ??????*) usage ;; esac
  find_control "$1"
  exec perl -e "$control_open"'
use Fcntl qw(F_SETFL O_NONBLOCK);
my %events = map { $_ => 1 } qw(HS_DESC STATUS_CLIENT CIRC CIRC_MINOR ONION_SERVICE);
# Who waits for the next answers of tor: the client, or what is to be done with one that we asked for ourselves.
my @turns;
my ($wants_service, $told) = (0, "");

sub passes {
  my ($line) = @_;
  return $authenticate if $line =~ /^AUTHENTICATE\b/i;
  return "$line\r\n" if $line =~ /^(PROTOCOLINFO( 1)?|QUIT)$/i || lc $line eq "getinfo hs/service/desc/id/$address";
  if ($line =~ /^SETEVENTS((?: [A-Z_]+)*) ?$/i) {
    my @names = map { uc } split " ", $1;
    if (!grep { !$events{$_} } @names) {
      $wants_service = grep { $_ eq "ONION_SERVICE" } @names;
      $told = "";
      return join(" ", "SETEVENTS", grep { $_ ne "ONION_SERVICE" } @names) . "\r\n";
    }
  }
  return "REFUSED_BY_TEARLESS\r\n";
}

sub tells {
  my ($event) = @_;
  return $event if $event =~ /^650 HS_DESC [A-Z_]+ $address [ -~]*\r\n\z/;
  return "650 STATUS_CLIENT NOTICE CONSENSUS_ARRIVED\r\n" if $event =~ /^650 STATUS_CLIENT [A-Z]+ CONSENSUS_ARRIVED\b/;
  return "" unless $event =~ / PURPOSE=HS_SERVICE_INTRO\b/ && $event =~ / REND_QUERY=$address\b/;
  my ($state) = $event =~ / HS_STATE=([A-Z_]+)/ or return "";
  return "$1 PURPOSE=HS_SERVICE_INTRO HS_STATE=$state REND_QUERY=$address\r\n"
    if $event =~ /^(650 CIRC \d+ (?:CLOSED|FAILED)|650 CIRC_MINOR \d+ [A-Z_]+) /;
  return "";
}

# Where HiddenServicePort leads: found by what tor has in force, and the address that lies in the directory of each service.
my ($target, $look, $failed) = (undef, 0, 0);
sub find_target {
  my ($answer) = @_;
  my $ours = 0;
  undef $target;
  for (split /\r\n/, $answer) {
    next unless /^250[- ](HiddenServiceDir|HiddenServicePort)=(.*)$/i;
    my ($option, $value) = (lc $1, $2);
    $value =~ s/\\(.)/$1/g if $value =~ s/^"(.*)"$/$1/;
    if ($option eq "hiddenservicedir") {
      my $name = "";
      my $found = open my $file, "<", "$value/hostname";
      $ours = $found && -f $file && read($file, $name, 64) && $name =~ /^$address\.onion$/m;
    } elsif ($ours && $value =~ /^(\d+)(?:\s+(\S.*?))?\s*$/ && $1 == $port) {
      $target = defined $2 ? $2 : $1;
      return;
    }
  }
}

# Why it does not accept connections; empty when it does, undefined when we cannot tell.
sub ails {
  my ($family, $to);
  if ($target =~ m{^unix:"?(/[^"]{1,100})"?$}) {
    ($family, $to) = (PF_UNIX, pack_sockaddr_un($1));
  } elsif ($target =~ /^(?:(localhost|\d+\.\d+\.\d+\.\d+):)?(\d{1,5})$/) {
    ($family, $to) = (PF_INET, pack_sockaddr_in($2, inet_aton(!$1 || $1 eq "localhost" ? "127.0.0.1" : $1)));
  } elsif ($target =~ /^(\d+\.\d+\.\d+\.\d+)$/) {
    ($family, $to) = (PF_INET, pack_sockaddr_in($port, inet_aton($1)));
  } elsif ($target =~ /^\[([0-9a-f:.]+)\](?::(\d{1,5}))?$/i) {
    my $at = inet_pton(AF_INET6, $1) or return undef;
    ($family, $to) = (PF_INET6, pack_sockaddr_in6($2 || $port, $at));
  } else {
    return undef;
  }
  socket my $there, $family, SOCK_STREAM, 0 or return "no socket: $!";
  fcntl $there, F_SETFL, O_NONBLOCK;
  return "" if connect $there, $to;
  return "$!" unless $!{EINPROGRESS};
  my $ready = "";
  vec($ready, fileno($there), 1) = 1;
  return "no answer within 3 seconds" unless select(undef, $ready, undef, 3) > 0;
  $! = unpack "i", getsockopt $there, SOL_SOCKET, SO_ERROR;
  return $! ? "$!" : "";
}

sub announce {
  my ($state, $why) = @_;
  my $event = "650 ONION_SERVICE $state";
  $event .= " TARGET=\"" . ($target =~ s/[^ !#-\[\]-~]/?/gr) . "\"" if defined $target;
  $event .= " WHY=\"$why\"" if defined $why;
  put(*STDOUT, "$event\r\n") if $event ne $told;
  $told = $event;
}

# One that does not answer is asked a second time before it is told.
sub look_behind {
  my $why = defined $target ? ails() : undef;
  $failed = !defined $why || $why eq "" ? 0 : $failed + 1;
  $look = time + ($failed == 1 ? 1 : $failed ? 2 : 5);
  return if $failed == 1 && $told ne "";
  return announce("UNKNOWN") unless defined $why;
  announce($why eq "" ? ("UP") : ("DOWN", $why));
}

my ($asked, $heard, $message, $in_data, $open, $find) = ("", "", "", 0, 1, 0);
sub whole {
  if ($message =~ /^6/) { put(*STDOUT, tells($message)) }
  else {
    my $turn = shift @turns or give_up(79, "tor answered what nobody asked");
    return $turn->($message) if ref $turn;
    # Authenticated already: what is said of it must not send a client in search of a cookie.
    $message =~ s/^250-AUTH METHODS=[^\r\n]*/250-AUTH METHODS=NULL/m;
    put(*STDOUT, $message);
  }
}
alarm 900;
while (1) {
  if ($port && $wants_service && time >= $find) {
    $find = time + 60;
    push @turns, sub { find_target($_[0]); $look = 0 };
    put($tor, "GETCONF HiddenServiceOptions\r\n");
  }
  look_behind() if $port && $wants_service && time >= $look && !grep { ref } @turns;
  my $wait = "";
  vec($wait, fileno($tor), 1) = 1;
  vec($wait, fileno(STDIN), 1) = 1 if $open;
  my $pause = ($look < $find ? $look : $find) - time;
  $pause = 0.1 if $pause < 0.1;
  select(my $ready = $wait, undef, undef, $port && $wants_service ? $pause : undef) < 0 and next;
  if ($open && vec($ready, fileno(STDIN), 1)) {
    my $got = sysread STDIN, $asked, 65536, length $asked;
    next if !defined $got && $!{EINTR};
    alarm 900;
    if (!$got) { $open = 0; shutdown $tor, 1 }
    while ($asked =~ s/^([^\n]*)\n//) {
      my $line = $1;
      $line =~ s/\r$//;
      push @turns, "client";
      put($tor, passes($line));
    }
    give_up(65, "a command is too long") if length $asked > 4096;
  }
  if (vec($ready, fileno($tor), 1)) {
    my $got = sysread $tor, $heard, 65536, length $heard;
    next if !defined $got && $!{EINTR};
    while ($heard =~ s/^([^\n]*\n)//) {
      my $line = $1;
      $message .= $line;
      if ($in_data) { $in_data = $line !~ /^\.\r?\n/ }
      elsif ($line =~ /^\d\d\d\+/) { $in_data = 1 }
      elsif ($line =~ /^\d\d\d /) { whole(); $message = "" }
      give_up(79, "tor sent too long a message") if length $message > 1 << 20;
    }
    exit 0 unless $got;
  }
}
' "$control_user" "$control_directory" "$2" "${3-}"
}
