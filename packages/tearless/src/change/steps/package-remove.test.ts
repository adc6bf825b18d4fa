// A package goes that nothing needs, and comes back as it was: over the helper's own text and the real dpkg and apt.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { renderHelper } from '../../host/helper/render-helper.ts';
import { LocalTransport } from '../../host/local/local-transport.ts';
import { RemoteHost } from '../../host/remote-host.ts';
import { ownPackages } from '../../host/testing/own-packages.ts';
import { type OwnPlace, ownPlace } from '../../host/testing/own-place.ts';
import type { StepContext } from '../step.ts';
import { packageRemove } from './package-remove.ts';

const name = 'libmimalloc9.8';
const library = '/usr/lib/x/libmimalloc.so.9';
const params = { name, expects: '1' };

let place: OwnPlace;
let host: RemoteHost;
before(async () => {
  place = await ownPlace();
  const packages = await ownPackages(place);
  for (const version of ['1', '2']) await packages.build({ name, version, files: { [library]: version } });
  await packages.refresh();
  host = new RemoteHost({
    transport: new LocalTransport('here'),
    helper: renderHelper({ factsScript: ':', place }),
    carryHelper: true,
  });
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

const context = (): StepContext => ({ host, clock: systemClock, signal: new AbortController().signal, run: 'r' });
const show = async (): Promise<string> =>
  new TextDecoder()
    .decode((await host.call('package-show', { args: [name] })).stdout)
    .replace(/^(candidate|available) .*\n/gm, '');

it('removes a held package, proves it, and brings it back with its hold', async () => {
  assert.equal(await packageRemove.check(context(), params), true);
  await host.call('package-install', { args: [name, '1'] });
  await host.call('package-hold', { args: [name] });
  assert.equal(await packageRemove.check(context(), params), false);
  const memory = await packageRemove.remember(context(), params);
  await packageRemove.do(context(), params, memory);
  await packageRemove.do(context(), params, memory);
  assert.equal(await show(), '');
  assert.deepEqual(await packageRemove.verify(context(), params, memory), { package: name, installed: false });
  await packageRemove.undo(context(), params, memory);
  assert.equal(await show(), 'installed 1\nheld\n');
  await assert.rejects(packageRemove.verify(context(), params, memory), { code: 'change-package-unproven' });
});

it('refuses another version than the one that was seen, and a library that a drop-in of tor names', async () => {
  await assert.rejects(packageRemove.remember(context(), { name, expects: '2' }), { code: 'change-package-drifted' });
  const path = '/etc/systemd/system/tor@a.service.d/50-tearless.conf';
  const attributes = { mode: 0o644, owner: place.owner, group: place.group };
  await host.write(path, `[Service]\nEnvironment=LD_PRELOAD=${library}\n`, attributes);
  const memory = await packageRemove.remember(context(), params);
  await assert.rejects(packageRemove.do(context(), params, memory), { code: 'change-package-in-use' });
  assert.equal(await show(), 'installed 1\nheld\n');
  await host.remove(path);
  await packageRemove.do(context(), params, memory);
  assert.equal(await show(), '');
});
