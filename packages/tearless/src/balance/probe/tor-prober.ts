// The prober that goes through one tor, for as long as the connection to its control port lasts.
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { Clock } from '../../base/clock.ts';
import type { Prober } from '../model/prober.ts';
import { closeCircuits, createPathCheck, forgetFailures } from './control-probes.ts';
import { createProber } from './create-prober.ts';
import { findSocks, openSocks, type SocksStreams, tryListener } from './find-socks.ts';

export interface TorProberOptions {
  readonly streams: SocksStreams;
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
  /** Of the connection. */
  readonly signal: AbortSignal;
}

/**
 * @param controller of the tor whose SOCKS port is used
 * @throws BalanceError `balance-no-socks`, also where this user may not open it; TorError when the control connection is gone
 */
export const createTorProber = async (controller: Controller, options: TorProberOptions): Promise<Prober> => {
  const { streams, clock, randomBytes, signal } = options;
  const listener = await findSocks(controller);
  await tryListener(streams, listener, signal);
  return createProber({
    path: "the balancer's tor",
    openSocks: (until) => openSocks(streams, listener, until),
    closeCircuits: (probe) => closeCircuits(controller, probe, signal),
    forgetFailures: (until) => forgetFailures(controller, until),
    findPathProblem: createPathCheck(controller, clock),
    clock,
    randomBytes,
  });
};
