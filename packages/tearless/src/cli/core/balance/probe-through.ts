// The prober of `balance run`: through the SOCKS port of the tor on this machine that does the balancer's circuits.
import { randomBytes } from 'node:crypto';
import { createTorProber } from '../../../balance/probe/tor-prober.ts';
import type { MakeProber } from '../../../balance/run/probes.ts';
import type { Clock } from '../../../base/clock.ts';
import { LocalTransport } from '../../../host/local/local-transport.ts';

export const probeThrough = (clock: Clock): MakeProber => {
  const streams = new LocalTransport('this machine');
  return (controller, signal) =>
    createTorProber(controller, {
      streams,
      clock,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      signal,
    });
};
