#!/bin/sh
# Turns a bare Debian root file system into the one of lab hosts. Runs inside it (chroot), after bootstrap.sh.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

# An ordinary person who may log in, and no more than that. Debian has a group of that name, with nothing in it.
useradd --create-home --shell /bin/bash --gid users operator

# Each host gets an identity of its own.
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
: >/etc/machine-id
: >/etc/resolv.conf

# Debian's tor@ waits 30 s for its circuits to end before it stops; nobody's circuits are at stake here.
echo 'ShutdownWaitLength 0' >>/usr/share/tor/tor-service-defaults-torrc-instances

# What a host of relays does not run: the packages' own example instances, consoles, and jobs that need the internet.
systemctl disable --quiet nginx.service
systemctl mask --quiet tor@default.service console-getty.service getty@tty1.service apt-daily.timer \
  apt-daily-upgrade.timer sshd-keygen.service

# Inside a container the controllers are there but read-only, and systemd cannot count memory. Process 1 of a host opens
# them before it becomes systemd. (With the unified hierarchy they are writable as they are.)
mkdir -p /usr/lib/tearless-lab
cat >/usr/lib/tearless-lab/init <<'INIT'
#!/bin/sh
for controller in memory pids cpu cpuacct cpu,cpuacct; do
  if [ -d "/sys/fs/cgroup/$controller" ] && [ ! -L "/sys/fs/cgroup/$controller" ]; then
    mount -o remount,bind,rw "/sys/fs/cgroup/$controller" || :
  fi
done
exec /lib/systemd/systemd
INIT
chmod 755 /usr/lib/tearless-lab/init
