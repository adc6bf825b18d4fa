// The wire between the hosts: a bridge in a namespace of its own, and a link from it to each host's namespace. The
// machine's own network is not touched, and no host reaches beyond the bridge.
import { existsSync } from 'node:fs';
import { bridgeAddress, labNamespace, namespacePath, nodePrefix } from '../base/lab-name.ts';
import type { LabRecord } from '../base/lab-state.ts';
import { addNamespace, runIp } from '../base/namespaces.ts';
import { bridgePort, type LabHost, namespaceOf } from './host-record.ts';

/**
 * Makes the lab's namespace with its bridge, if it is not there. In it all addresses of network nodes (`nodeAddress`) are
 * local: a process started there (`inNamespace`) listens on its own without adding it to an interface.
 */
export const openBridge = async ({ name, net }: LabRecord): Promise<void> => {
  const namespace = labNamespace(name);
  if (existsSync(namespacePath(namespace))) return;
  await addNamespace(namespace);
  await runIp(namespace, [
    'link set lo up',
    'link add br0 type bridge',
    `address add ${bridgeAddress(net)}/24 dev br0`,
    'link set br0 up',
    `route add local ${nodePrefix(net)} dev lo`,
  ]);
};

/** Links a host's new namespace to the bridge and gives it its address. */
export const linkHost = async (host: LabHost, net: number): Promise<void> => {
  const namespace = namespaceOf(host);
  await addNamespace(namespace);
  await runIp(labNamespace(host.lab), [
    `link add ${bridgePort(host)} type veth peer name eth0 netns ${namespace}`,
    `link set ${bridgePort(host)} master br0 up`,
  ]);
  await runIp(namespace, [
    'link set lo up',
    `address add ${host.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${bridgeAddress(net)}`,
  ]);
};
