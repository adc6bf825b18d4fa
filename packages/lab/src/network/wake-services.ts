// What onion services need when relays join a network. tor (0.4.9) loses its paths for the moment in which it knows no more of
// relays than that they are there, and a service on it then builds no introduction circuits and brings no descriptor to
// directories that have come, until a circuit is built for another reason: for hours, when nobody visits it.
import { waitUntilListed } from './consensus.ts';
import { watchDirectoryInfo } from './milestones.ts';
import type { Network } from './network.ts';
import type { NetworkNode } from './network-node.ts';

const timeoutMs = 3 * 60_000;

const buildCircuit = async (node: NetworkNode, signal: AbortSignal): Promise<void> => {
  const control = await node.control;
  await using events = control.events('CIRC', { signal });
  await events.ready;
  let own = await control.extendCircuit({ signal });
  for await (const { id, status } of events) {
    if (status === 'BUILT') return;
    if (id === own && status === 'FAILED') own = await control.extendCircuit({ signal });
  }
};

/**
 * Has each service of a network build a circuit once it knows relays that have joined.
 * @throws LabError `network-not-listed`; the signal's reason, or a TimeoutError after 3 min without a circuit
 */
export const wakeServices = async (
  network: Network,
  joined: readonly string[],
  { signal: given }: { readonly signal?: AbortSignal } = {},
): Promise<void> => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = given === undefined ? deadline : AbortSignal.any([given, deadline]);
  const wake = async (node: NetworkNode): Promise<void> => {
    await waitUntilListed(network, joined, { node, timeoutMs, signal });
    await watchDirectoryInfo(node, signal);
    await buildCircuit(node, signal);
  };
  await Promise.all(network.withRole('service').map(wake));
};
