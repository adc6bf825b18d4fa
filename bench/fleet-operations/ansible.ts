// The four operations by Debian's Ansible: a playbook, an inventory and a configuration in a folder of their own. What is
// not said here is as Ansible ships it: its connections (ControlPersist 60 s), five forks, its search for a Python.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { attributes, files, unit } from './task.ts';

/** Becomes root without a password: the rule that Ansible needs on a host, beside Tearless's own for its helper. */
export const renderSudoRule = (login: string): string => `${login} ALL=(root:root) NOPASSWD: ALL\n`;

/** JSON is YAML, so both need no renderer. */
const renderPlaybook = (): string => {
  const mode = attributes.mode.toString(8).padStart(4, '0');
  const { owner, group } = attributes;
  return JSON.stringify([
    {
      hosts: 'all',
      gather_facts: false,
      become: true,
      tasks: [
        ...files.map(({ path, content }) => ({
          name: `write ${path}`,
          'ansible.builtin.copy': { dest: path, content, mode, owner, group },
          notify: 'reload systemd',
        })),
        { 'ansible.builtin.meta': 'flush_handlers' },
        { name: 'check the unit', 'ansible.builtin.systemd': { name: unit, state: 'started' } },
      ],
      handlers: [{ name: 'reload systemd', 'ansible.builtin.systemd': { daemon_reload: true } }],
    },
  ]);
};

const renderInventory = (hosts: readonly LabHost[], login: string): string =>
  JSON.stringify({
    all: {
      hosts: Object.fromEntries(hosts.map(({ name }) => [name, {}])),
      vars: {
        ansible_user: login,
        ansible_ssh_common_args: `-F ${sshPaths(hosts[0]?.lab ?? '').config}`,
      },
    },
  });

const renderConfiguration = (folder: string, pipelining: boolean): string =>
  `[defaults]
local_tmp = ${join(folder, 'tmp')}
[ssh_connection]
control_path_dir = ${join(folder, 'cp')}
pipelining = ${pipelining ? 'True' : 'False'}
`;

export interface Ansible {
  /** The command that does it all once. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes what Ansible reads into `folder`, which must have a short path: its sockets lie there too. */
export const prepareAnsible = async (
  folder: string,
  hosts: readonly LabHost[],
  options: { readonly login: string; readonly pipelining: boolean },
): Promise<Ansible> => {
  await mkdir(folder, { recursive: true });
  const playbook = join(folder, 'playbook.yml');
  const inventory = join(folder, 'inventory.json');
  const configuration = join(folder, 'ansible.cfg');
  await writeFile(playbook, renderPlaybook());
  await writeFile(inventory, renderInventory(hosts, options.login));
  await writeFile(configuration, renderConfiguration(folder, options.pipelining));
  return {
    argv: ['ansible-playbook', '--inventory', inventory, playbook],
    env: { ANSIBLE_CONFIG: configuration, ANSIBLE_HOME: folder, LC_ALL: 'C.UTF-8' },
  };
};

/** How many tasks changed each host, by the recap `h1 : ok=4 changed=2 unreachable=0 failed=0 …`. */
export const parseRecap = (output: string): Record<string, number> =>
  Object.fromEntries(
    [...output.matchAll(/^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0\s/gm)].map((match) => [
      match[1] ?? '',
      Number(match[2]),
    ]),
  );
