import { once } from 'node:events';
import { createServer } from 'node:net';
import { renderHelper } from '../helper/render-helper.ts';
import { RemoteHost } from '../remote-host.ts';
import { describeHost } from '../testing/host-contract.ts';
import { ownPlace } from '../testing/own-place.ts';
import { LocalTransport } from './local-transport.ts';

describeHost('this machine', async () => {
  const place = await ownPlace();
  const helper = renderHelper({ factsScript: ':', place });
  const host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host,
    owner: place.owner,
    group: place.group,
    link: place.link,
    port: { host: '127.0.0.1', port: address.port, greeting: 'hello' },
    [Symbol.asyncDispose]: async () => {
      await host.close();
      server.close();
      await place[Symbol.asyncDispose]();
    },
  };
});
