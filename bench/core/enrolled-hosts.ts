// Hosts of the lab as Tearless knows hosts: enrolled, with an ordinary login and the root-owned helper.
import { readFile } from 'node:fs/promises';
import { type CreateHostsOptions, createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { defaultLogin, enrolHost } from 'tearless/host/enrol/enrol-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { SshDestination } from 'tearless/host/ssh/destination.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';

/** Where ssh goes for a host of the lab. */
export const destinationOf = ({ lab, name }: LabHost, user: string): SshDestination => ({
  host: name,
  user,
  configFile: sshPaths(lab).config,
});

const enrol = async (host: LabHost, signal: AbortSignal | undefined): Promise<void> => {
  const publicKey = await readFile(`${sshPaths(host.lab).identity}.pub`, 'utf8');
  const wayIn = new SshTransport(host.name, destinationOf(host, 'root'));
  try {
    const helper = renderHelper(helperScripts);
    await enrolHost({ wayIn, publicKey, helper, ...(signal === undefined ? {} : { signal }) });
  } finally {
    await wayIn.close();
  }
};

/** Makes running hosts on which the ordinary login (`defaultLogin`) may run the helper. */
export const createEnrolledHosts = async (options: CreateHostsOptions): Promise<LabHost[]> => {
  const hosts = await createHosts(options);
  await Promise.all(hosts.map((host) => enrol(host, options.signal)));
  return hosts;
};

/** Where Tearless goes once the host is enrolled. */
export const enrolledDestination = (host: LabHost): SshDestination => destinationOf(host, defaultLogin);
