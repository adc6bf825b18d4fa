// What a node of the private network must have reached before the next step may begin, each told by tor's own events.
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { EventName } from '@tearless/tor/control/event/event.ts';
import type { NetworkNode } from './network-node.ts';

/** Resolves once `reached` holds; asks at first and then after every event of that name. */
export const watchUntil = async (
  controller: Controller,
  name: EventName,
  reached: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> => {
  try {
    const events = controller.events(name, { signal });
    await events.ready;
    if (await reached()) return;
    for await (const _ of events) if (await reached()) return;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};

/**
 * Until an authority has made or fetched a consensus with so many relays, itself among them. On a busy machine the first lacks
 * some. A tor that is started then loses its paths when the others come, and (0.4.9) an onion service on it waits for its next
 * new circuit, for which there is no other reason: for hours.
 */
export const watchFirstConsensus = async (node: NetworkNode, relays: number, signal: AbortSignal): Promise<void> => {
  const control = await node.control;
  const reached = async () => [...(await control.getInfo('ns/all')).matchAll(/^r /gm)].length >= relays;
  await watchUntil(control, 'NEWCONSENSUS', reached, signal);
};

/** Until a node has descriptors enough to build circuits. */
export const watchDirectoryInfo = async (node: NetworkNode, signal: AbortSignal): Promise<void> => {
  const control = await node.control;
  const reached = async () => (await control.getInfo('status/enough-dir-info')) === '1';
  await watchUntil(control, 'STATUS_CLIENT', reached, signal);
};

/** Until a client or service has built its first circuit. */
export const watchBootstrap = async (node: NetworkNode, signal: AbortSignal): Promise<void> => {
  const control = await node.control;
  const reached = async () => (await control.getInfo('status/bootstrap-phase')).includes(' PROGRESS=100 ');
  await watchUntil(control, 'STATUS_CLIENT', reached, signal);
};

/** Until an onion service's descriptor lies on a first directory. Call it before the service has built circuits. */
export const watchUpload = async (node: NetworkNode, signal: AbortSignal): Promise<void> => {
  const control = await node.control;
  try {
    await control.waitFor('HS_DESC', ({ action }) => action === 'UPLOADED', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};
