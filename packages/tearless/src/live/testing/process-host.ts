// For tests: a host whose instance is a process of the test's own, as the real helper shows it.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderHelper } from '../../host/helper/render-helper.ts';
import { LocalTransport } from '../../host/local/local-transport.ts';
import type { RemoteHost } from '../../host/remote-host.ts';
import { ownPlace } from '../../host/testing/own-place.ts';

export interface ProcessHost<Host extends RemoteHost> extends AsyncDisposable {
  readonly host: Host;
}

/** @param Kind of host, where a test wants to see its calls */
export const startProcessHost = async <Host extends RemoteHost>(
  pid: number,
  Kind: new (options: ConstructorParameters<typeof RemoteHost>[0]) => Host,
): Promise<ProcessHost<Host>> => {
  await using closing = new AsyncDisposableStack();
  const place = closing.use(await ownPlace());
  const host = new Kind({
    transport: new LocalTransport('here'),
    helper: renderHelper({ factsScript: 'true', place }),
    carryHelper: true,
  });
  closing.defer(() => host.close());
  const systemctl = join(place.root, 'usr/bin/systemctl');
  await mkdir(join(place.root, 'usr/bin'), { recursive: true });
  await writeFile(systemctl, `#!/bin/sh\necho ${pid}\n`);
  await chmod(systemctl, 0o755);
  const open = closing.move();
  return { host, [Symbol.asyncDispose]: () => open.disposeAsync() };
};
