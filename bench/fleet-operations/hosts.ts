// The hosts of the contest, their state before each first run, and a reader that shares no code with either contender.
import assert from 'node:assert/strict';
import type { LabRecord } from '@tearless/lab/base/lab-state.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { defaultLogin } from 'tearless/host/enrol/enrol-host.ts';
import type { BenchmarkContext } from '../core/benchmark.ts';
import { createEnrolledHosts } from '../core/enrolled-hosts.ts';
import { renderSudoRule } from './ansible.ts';
import { attributes, files, unit } from './task.ts';

/** Ansible runs its modules on the host by Python. */
const extraPackages = ['python3'];

const idle = 'ORPort 127.0.0.1:9001\nSocksPort 0\nDisableNetwork 1\n';

/** Ansible makes no missing folders for a file, and needs to become root for anything. */
const prepare = `
set -eu
mkdir -p /etc/tor/torrc.d /etc/systemd/system/${unit}.d
umask 337
cat >/etc/sudoers.d/ansible
`;

/** Three hosts, each with one idle relay; both contenders log in as the same user and become root through sudo. */
export const createContestHosts = async (
  lab: LabRecord,
  { progress, signal }: BenchmarkContext,
): Promise<LabHost[]> => {
  const hosts = await createEnrolledHosts({
    lab,
    hosts: ['alpha', 'beta', 'gamma'].map((name) => ({ name, suite: 'bookworm', extraPackages })),
    onProgress: progress,
    signal,
  });
  await Promise.all(
    hosts.map(async (host) => {
      await execOnHost(host, ['sh', '-c', prepare], { input: renderSudoRule(defaultLogin) });
      await addRelays(host, [{ name: 'bench', torrc: idle }]);
      await startRelays(host, ['bench']);
    }),
  );
  return hosts;
};

const takeBack = `rm -f -- "$@"; rm -rf /home/${defaultLogin}/.ansible; systemctl daemon-reload`;
const paths = files.map(({ path }) => path);

/** As before a first run: neither the files nor anything that a contender left for its own use. */
export const resetHosts = async (hosts: readonly LabHost[]): Promise<void> => {
  await Promise.all(hosts.map((host) => execOnHost(host, ['sh', '-c', takeBack, 'sh', ...paths])));
};

const look = `stat -c '%a %U %G' -- "$@"; cat -- "$@"; systemctl show --property=LimitNOFILE,NeedDaemonReload ${unit}`;

/** Fails unless every host is as both contenders shall make it: both files, and the drop-in loaded by systemd. */
export const checkHosts = async (hosts: readonly LabHost[]): Promise<void> => {
  const { mode, owner, group } = attributes;
  const status = `${mode.toString(8)} ${owner} ${group}\n`;
  const expected = [
    ...files.map(() => status),
    ...files.map(({ content }) => content),
    'LimitNOFILE=32768\nNeedDaemonReload=no\n',
  ];
  for (const host of hosts) {
    assert.equal(await execOnHost(host, ['sh', '-c', look, 'sh', ...paths]), expected.join(''), host.name);
  }
};
