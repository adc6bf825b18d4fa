// The helper of a worker on a tor of the private network. The way to it is the control socket itself, authenticated as the
// helper on a host does it: the one who asks gets no cookie.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { createWorkerHelper, type WayToTor } from '../../../packages/tearless/src/balance/helper/worker-helper.ts';
import type { WorkerHelper } from '../../../packages/tearless/src/balance/model/worker-helper.ts';
import { systemClock } from '../../../packages/tearless/src/base/clock.ts';
import { HostError } from '../../../packages/tearless/src/host/host-error.ts';
import { LocalTransport } from '../../../packages/tearless/src/host/local/local-transport.ts';
import { randomFromSeed } from '../../../packages/tearless/src/stats/random/random.ts';
import type { LabWorker } from './onion-lab.ts';

const wayTo = ({ plan }: Pick<NetworkNode, 'plan'>): WayToTor => ({
  name: plan.nickname,
  // What is replaced is short and comes alone: no chunk ends in the middle of it.
  async open(_, { signal }) {
    const transport = new LocalTransport('this machine');
    const cookie = (await readFile(join(plan.folder, 'control_auth_cookie'))).toString('hex');
    const inner = await transport.openUnix(plan.controlSocket, signal).catch((cause: unknown) => {
      throw new HostError({
        kind: 'not-found',
        code: 'host-not-found',
        message: `nobody is behind ${plan.controlSocket}`,
        cause,
      });
    });
    const outer = new Duplex({
      read: () => void inner.resume(),
      write(chunk: Buffer, _encoding, done) {
        inner.write(
          chunk.toString('latin1').replace(/^AUTHENTICATE.*(?=\r\n)/, `AUTHENTICATE ${cookie}`),
          'latin1',
          done,
        );
      },
      final: (done) => void inner.end(done),
      destroy(error, done) {
        inner.destroy();
        done(error);
      },
    });
    inner.on('data', (chunk: Buffer) => {
      const told = chunk.toString('latin1').replace(/^250-AUTH .*(?=\r\n)/m, '250-AUTH METHODS=NULL');
      if (!outer.push(Buffer.from(told, 'latin1'))) inner.pause();
    });
    inner.on('end', () => outer.push(null));
    inner.on('error', (error) => outer.destroy(error));
    inner.on('close', () => outer.destroy());
    return outer;
  },
});

export const helperOf = ({
  name,
  address,
  tor,
}: Pick<LabWorker, 'name' | 'address'> & { readonly tor: Pick<NetworkNode, 'plan'> }): WorkerHelper =>
  createWorkerHelper({
    way: wayTo(tor),
    instance: name,
    onionAddress: address,
    clock: systemClock,
    random: randomFromSeed(name),
  });
