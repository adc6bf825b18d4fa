// The Perl program that samples all relays of a host in one process: no fork a relay, each distinct library read once. It
// prints sections in the forms of ../sections, whose parsers read them. Needs perl-base only, which Debian and Ubuntu always have.

import { allocatorTexts } from '../sections/allocator-markers.ts';
import { elfHeadBytes } from '../sections/elf-files.ts';

/** What the program prints, in this order. */
export const sampleSections = [
  'boot-time',
  'process-stat',
  'process-status',
  'process-memory',
  'process-preload',
  'mapped-objects',
  'allocator-markers',
  'elf-files',
  'elf-heads',
  'package-files',
  'packages',
  'identities',
  'metrics',
] as const;

/**
 * Argument: the nonce. Standard input: the units as `systemctl show` prints them. It stands between single quotes in a shell
 * script, so it holds none. What cannot be read is absent: a process may end meanwhile.
 *
 * The metrics are asked for first and read last, so that they are of the instant at which /proc is read. Only a MetricsPort
 * on a loopback address is asked, and only where the relay's own user, or root, which opens it at the start, listens there.
 */
export const sampleReader: string = String.raw`
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_NOFOLLOW O_NONBLOCK F_SETFL);
use Socket qw(PF_INET PF_INET6 SOCK_STREAM pack_sockaddr_in pack_sockaddr_in6 inet_aton inet_pton);
$SIG{PIPE} = "IGNORE";
my ($nonce) = @ARGV;
my $metrics_seconds = 3;
my %sections;

sub slurp {
  my ($path, $limit, $flags) = @_;
  sysopen my $file, $path, O_RDONLY | ($flags // 0) or return undef;
  my $text = "";
  while (my $got = sysread $file, $text, 1 << 17, length $text) {
    last if $limit && length $text >= $limit;
  }
  return $text;
}

my $kernel = slurp("/proc/stat") // "";
my $readers = () = $kernel =~ /^cpu[0-9]/mg;
$readers = 4 if $readers > 4;
$sections{"boot-time"} = $kernel =~ /^(btime [0-9]+)$/m ? "$1\n" : "";

# Units: each main process, the torrc that it was started with, and where it keeps its state.
my @relays;
{
  local $/ = "";
  while (my $unit = <STDIN>) {
    my ($name) = $unit =~ /^Id=tor\@(.+)\.service$/m or next;
    my ($pid) = $unit =~ /^MainPID=([1-9][0-9]*)$/m or next;
    my ($words) = $unit =~ /^ExecStart=\{.*?argv\[\]=(.*?) ;/m;
    my ($torrc) = ($words // "") =~ / -f (\S+)/;
    my ($defaults) = ($words // "") =~ / --defaults-torrc (\S+)/;
    my ($place, $data) = $name eq "default" ? ("/etc/tor/torrc", "/var/lib/tor")
      : ("/etc/tor/instances/$name/torrc", "/var/lib/tor-instances/$name");
    push @relays, { pid => $pid, torrc => [$defaults // (), $torrc // $place], data => $data };
  }
}

# The lines of a torrc that matter here, with what it includes from /etc/tor.
sub options {
  my ($path, $level) = @_;
  my $text = -f $path ? slurp($path, 1 << 20, O_NONBLOCK) : undef;
  return () unless defined $text;
  my @found;
  while ($text =~ /^[ \t]*(%include|\+?MetricsPort|DataDirectory)[ \t]+(?:"([^"\n]*)"|([^"#\n][^#\n]*))/mgi) {
    my ($name, $value) = (lc $1, $2 // $3);
    $name =~ s/^\+//;
    $value =~ s/\s+$//;
    if ($name ne "%include") { push @found, [$name, $value]; next }
    next if $level >= 31 || $value !~ /^\/etc\/tor\// || $value =~ /\.\.|[{}~\s]/;
    for my $match (glob $value) {
      for my $file (-d $match ? glob "$match/*" : $match) {
        push @found, options($file, $level + 1) if -f $file && !-l $file;
      }
    }
  }
  return @found;
}

# What the port of a torrc line is as a loopback address; undef for 0 and auto, "" for an address elsewhere.
sub loopback {
  my ($address, $port) = (split " ", shift)[0] =~ /^(?:(\S+):)?([0-9]{1,5}|auto)$/ or return "";
  return undef if $port eq "auto" || $port == 0 || $port > 65535;
  $address = $address // "127.0.0.1";
  $address =~ s/^\[(.*)\]$/$1/;
  $address = "127.0.0.1" if $address eq "0.0.0.0" || $address eq "localhost";
  $address = "::1" if $address eq "::";
  return [$address, $port] if $address eq "::1" || $address =~ /^127(\.[0-9]{1,3}){3}$/ && inet_aton($address);
  return "";
}

# Who listens, by the kernel: listening sockets come first there.
my %listens;
sub read_listeners {
  for my $table ("tcp", "tcp6") {
    open my $file, "<", "/proc/net/$table" or next;
    <$file>;
    while (<$file>) {
      my @field = split;
      last if $field[3] ne "0A";
      $listens{$field[1]}{$field[7]} = 1;
    }
  }
}
sub listeners_of {
  my ($address, $port) = @_;
  my $hex = sprintf ":%04X", $port;
  my @ways = $address eq "::1"
    ? (join("", map { sprintf "%08X", $_ } unpack "L4", inet_pton(PF_INET6, "::1")), "0" x 32)
    : (sprintf("%08X", unpack "L", inet_aton $address), "00000000", "0" x 32);
  return map { keys %{ $listens{"$_$hex"} // {} } } @ways;
}

sub ask {
  my ($relay, $port) = @_;
  my $six = $port->[0] eq "::1";
  socket my $socket, $six ? PF_INET6 : PF_INET, SOCK_STREAM, 0 or return "no socket: $!";
  # select(2) knows no higher ones.
  return "too many relays of this host are asked at once" if fileno $socket > 1000;
  fcntl $socket, F_SETFL, O_NONBLOCK;
  my $to = $six ? pack_sockaddr_in6($port->[1], inet_pton(PF_INET6, "::1")) : pack_sockaddr_in($port->[1], inet_aton $port->[0]);
  connect $socket, $to or $!{EINPROGRESS} or return "cannot connect: $!";
  $relay->{socket} = $socket;
  $relay->{asked} = 0;
  $relay->{said} = "";
  return undef;
}

my $request = "GET /metrics HTTP/1.0\r\n\r\n";
sub send_request {
  my ($relay) = @_;
  my $wrote = syswrite $relay->{socket}, $request, length($request) - $relay->{asked}, $relay->{asked};
  return 1 if !defined $wrote && ($!{EAGAIN} || $!{EINTR} || $!{ENOTCONN});
  return 0 unless $wrote;
  $relay->{asked} += $wrote;
  return 1;
}

for my $relay (@relays) {
  my @options = map { options($_, 0) } @{ $relay->{torrc} };
  for (@options) { $relay->{data} = $_->[1] if $_->[0] eq "datadirectory" && $_->[1] =~ /^\// }
  $relay->{ports} = [grep { defined } map { loopback($_->[1]) } grep { $_->[0] eq "metricsport" } @options];
}
read_listeners() if grep { @{ $_->{ports} } } @relays;

for my $relay (@relays) {
  next unless @{ $relay->{ports} };
  my $text = slurp("/proc/$relay->{pid}/status") // next;
  ($relay->{uid}) = $text =~ /^Uid:\s+[0-9]+\s+([0-9]+)/m;
  my ($port) = grep { ref } @{ $relay->{ports} };
  my $problem;
  if (!defined $port) { $problem = "it listens elsewhere than on this machine alone" }
  else {
    my @uids = listeners_of(@$port);
    if (!@uids) { $problem = "nobody listens there" }
    elsif (grep { $_ != 0 && $_ != ($relay->{uid} // -1) } @uids) { $problem = "somebody else listens there" }
    else { $problem = ask($relay, $port) }
  }
  $problem = "cannot ask: $!" if !defined $problem && !send_request($relay);
  $relay->{problem} = $problem if defined $problem;
}

# The kernel walks every page of a process, about 10 ms a gigabyte: side by side, so that all are of one instant.
my @pids = map { $_->{pid} } @relays;
sub rollups {
  my $out = "";
  for my $pid (@_) {
    my $text = slurp("/proc/$pid/smaps_rollup") // next;
    $out .= "/proc/$pid/smaps_rollup:$1\n" while $text =~ /^((?:Rss|Pss|Anonymous|Private_Dirty|Swap):.*)$/mg;
  }
  return $out;
}
my (@pipes, @own);
if ($readers > 1 && @pids > 16) {
  my $share = int((@pids + $readers - 1) / $readers);
  my @rest = @pids;
  @own = splice @rest, 0, $share;
  while (my @part = splice @rest, 0, $share) {
    my $child = open my $pipe, "-|";
    if (!defined $child) { push @own, @part; next }
    if ($child == 0) { print rollups(@part); exit 0 }
    push @pipes, $pipe;
  }
}
else { @own = @pids }
for my $pid (@pids) {
  my $stat = slurp("/proc/$pid/stat") // next;
  $sections{"process-stat"} .= $stat;
  my $text = slurp("/proc/$pid/status") // next;
  $sections{"process-status"} .= "/proc/$pid/status:$1\n" while $text =~ /^(Vm(?:RSS|Size|HWM|Swap):.*)$/mg;
}
$sections{"process-memory"} = rollups(@own);
for my $pipe (@pipes) {
  local $/;
  $sections{"process-memory"} .= <$pipe> // "";
  close $pipe;
}

# Which files each process executes code from: every distinct one once.
my (%number, @objects);
for my $pid (@pids) {
  my $text = slurp("/proc/$pid/maps") // next;
  my %seen;
  my $members = "";
  while ($text =~ /^([0-9a-f]+)-([0-9a-f]+) ..x. \S+ (\S+ [1-9][0-9]*) +(\/.*)$/mg) {
    my ($from, $to, $key) = ($1, $2, "$3 $4");
    next if $seen{$key}++;
    if (!$number{$key}) {
      s/^0+(?=.)// for $from, $to;
      push @objects, { pid => $pid, range => "$from-$to", path => $4 };
      $number{$key} = @objects;
      $sections{"mapped-objects"} .= "object $number{$key} $pid $from-$to $key\n";
    }
    $members .= " $number{$key}";
  }
  $sections{"mapped-objects"} .= "process $pid$members\n" if $members ne "";
  my $environment = slurp("/proc/$pid/environ") // next;
  if ("\0$environment" =~ /\0LD_PRELOAD=([^\0]*)/) {
    (my $preload = $1) =~ tr/\n/\t/;
    $sections{"process-preload"} .= "/proc/$pid/environ:LD_PRELOAD=$preload\n";
  }
}

# What those files are: an allocator shows by texts that only its own code contains; its build-id stands near the start.
my $heads = "";
my %wanted;
for my $object (@objects) {
  my $file = "/proc/$object->{pid}/map_files/$object->{range}";
  (my $path = $object->{path}) =~ s/ \(deleted\)$//;
  my $named = $path =~ /\/(libc\.so\.6|libc-2\.[0-9]+\.so|tor)$/;
  my $text = slurp($file) // next;
  my $marked = 0;
  for my $marker (qw(${allocatorTexts.join(' ')})) {
    next if index($text, $marker) < 0;
    $marked = 1;
    $sections{"allocator-markers"} .= "$file:$marker\n";
  }
  next unless $named || $marked;
  $sections{"elf-files"} .= length($text) . " $file\n";
  $heads .= ($heads eq "" ? "" : "\n") . "==> $file <==\n" . substr $text, 0, ${elfHeadBytes};
  $wanted{$path} = 1;
  $wanted{$1} = 1 if $path =~ /^\/usr(\/lib.*)$/;
}
# Base64, by way of uuencode: the same six bits, other letters.
if ($heads ne "") {
  my $text = join "", map { chomp; substr $_, 1 } split /^/, pack "u", $heads;
  $text =~ tr/\x60 -_/AA-Za-z0-9+\//;
  my $padding = (3 - length($heads) % 3) % 3;
  substr($text, -$padding) = "=" x $padding if $padding;
  $sections{"elf-heads"} = $text;
}

# Which packages brought them, from the lists of dpkg; its whole status is read up to the last of those.
my %packages;
my $lists = "/var/lib/dpkg/info";
if (%wanted && opendir my $directory, $lists) {
  for my $list (sort grep { /^(libc6|lib(mimalloc|jemalloc|tcmalloc|google-perftools)[^:]*)(:[a-z0-9-]+)?\.list$/ } readdir $directory) {
    my $text = slurp("$lists/$list") // next;
    for my $path (grep { $wanted{$_} } split /\n/, $text) {
      $sections{"package-files"} .= "$lists/$list:$path\n";
      $packages{$1} = 1 if $list =~ /^([^:]+?)(?::.*)?\.list$/;
    }
  }
}
if (%packages && open my $file, "<", "/var/lib/dpkg/status") {
  local $/ = "";
  my $names = join "|", map { quotemeta } keys %packages;
  while (<$file>) {
    next unless /^Package: ($names)\n/ && /^Status: (\S+) \S+ installed$/m;
    my $want = substr $1, 0, 1;
    my ($name) = /^Package: (\S+)/;
    my ($architecture) = /^Architecture: (\S+)/m;
    my ($version) = /^Version: (\S+)/m;
    $sections{"packages"} .= $want . "i \t$name\t$architecture\t$version\n";
  }
}

# Public: nickname and identity, of which only a line of that form ever leaves the host.
for my $relay (@relays) {
  my $path = "$relay->{data}/fingerprint";
  sysopen my $file, $path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or next;
  -f $file && defined sysread $file, my $text, 128 or next;
  $sections{"identities"} .= "$relay->{pid} $1\n" if $text =~ /^([A-Za-z0-9]{1,19} [0-9A-F]{40})$/m;
}

# What the relays answered meanwhile. Tor leaves the connection open behind its answer.
sub is_whole {
  my $head = index $_[0], "\r\n\r\n";
  return $head >= 0 && substr($_[0], 0, $head) =~ /^Content-Length: ([0-9]{1,9})\r?$/mi && length($_[0]) >= $head + 4 + $1;
}
my $until = time + $metrics_seconds;
while (my @open = grep { $_->{socket} } @relays) {
  my ($reads, $writes) = ("", "");
  for (@open) {
    vec($reads, fileno $_->{socket}, 1) = 1;
    vec($writes, fileno $_->{socket}, 1) = 1 if $_->{asked} < length $request;
  }
  my $left = $until - time;
  if ($left < 0) {
    for (@open) { delete $_->{socket}; $_->{problem} = "no whole answer within $metrics_seconds s" }
    last;
  }
  next if select($reads, $writes, undef, $left || 0.5) <= 0;
  for my $relay (@open) {
    my $number = fileno $relay->{socket};
    if (vec($writes, $number, 1) && !send_request($relay)) {
      $relay->{problem} = "cannot ask: $!";
      delete $relay->{socket};
      next;
    }
    next unless vec $reads, $number, 1;
    my $got = sysread $relay->{socket}, $relay->{said}, 1 << 16, length $relay->{said};
    next if !defined $got && ($!{EAGAIN} || $!{EINTR});
    if (!defined $got) { $relay->{problem} = "the connection broke: $!" }
    elsif (length $relay->{said} > 1 << 22) { $relay->{problem} = "more than 4 MB were answered" }
    next if $got && !defined $relay->{problem} && !is_whole($relay->{said});
    delete $relay->{socket};
  }
}
for my $relay (@relays) {
  next unless @{ $relay->{ports} };
  my $pid = $relay->{pid};
  my ($head, $body) = split /\r\n\r\n/, $relay->{said} // "", 2;
  $relay->{problem} //= "the answer was " . (($head // "") =~ /^([ -~]{1,80})/ ? $1 : "empty")
    unless ($head // "") =~ /^HTTP\/1\.[01] 200 / && defined $body;
  $relay->{problem} //= "the answer ended early" if ($head // "") =~ /^Content-Length: ([0-9]{1,9})\r?$/mi && length($body // "") < $1;
  if (defined $relay->{problem}) {
    $sections{"metrics"} .= "$pid problem $relay->{problem}\n";
    next;
  }
  my $connections;
  while ($body =~ /^(tor_relay_(?:load_oom_bytes_total|load_onionskins_total|connections|traffic_bytes|flag))(\{[^}\n]*\})? ([0-9]{1,15})$/mg) {
    my ($name, $labels, $value) = ($1, $2 // "", $3);
    if ($name eq "tor_relay_connections") {
      next unless $labels =~ /state="opened"/;
      $connections //= 0;
      $connections += $value unless $labels =~ /type="([^"]* listener|Control|Metrics)"/;
    }
    else { $sections{"metrics"} .= "$pid $name$labels $value\n" }
  }
  $sections{"metrics"} .= "$pid tor_relay_connections $connections\n" if defined $connections;
}

binmode STDOUT;
for my $name (qw(${sampleSections.join(' ')})) {
  print "$nonce begin $name\n", $sections{$name} // "", "\n$nonce end $name 0\n";
}
`;
