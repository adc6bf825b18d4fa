// A package's step over the helper's own text and the real dpkg and apt: interruptions, the auto mark, and what newer runs
// stand on.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { renderHelper } from '../../host/helper/render-helper.ts';
import { HostError } from '../../host/host-error.ts';
import { LocalTransport } from '../../host/local/local-transport.ts';
import { RemoteHost } from '../../host/remote-host.ts';
import { type OwnPackages, ownPackages } from '../../host/testing/own-packages.ts';
import { type OwnPlace, ownPlace } from '../../host/testing/own-place.ts';
import { ChangeError } from '../change-error.ts';
import type { StepContext } from '../step.ts';
import { fileWrite } from './file-write.ts';
import { packageInstall, parsePackageState } from './package-install.ts';

const name = 'libmimalloc9.9';
const library = '/usr/lib/x/libmimalloc.so.2';
const params = (version: string) => ({ name, version, hold: true });

let place: OwnPlace;
let packages: OwnPackages;
let host: RemoteHost;
before(async () => {
  place = await ownPlace();
  packages = await ownPackages(place);
  for (const version of ['1', '2'])
    await packages.build({ name, version, files: { [library]: version, [`/usr/lib/x/only-${version}.so`]: '' } });
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

const context = (run: string): StepContext => ({ host, clock: systemClock, signal: new AbortController().signal, run });
const show = async (): Promise<string> =>
  new TextDecoder()
    .decode((await host.call('package-show', { args: [name] })).stdout)
    .replace(/^(candidate|available) .*\n/gm, '');
const installed = (version: string): string => `installed ${version}\nheld\n`;
const cutOff = (version: string): Promise<string> => packages.run('dpkg', ['--unpack', packages.file(name, version)]);

describe('an interrupted installation', () => {
  it('is not what the step wants, and resuming ends it', async () => {
    const memory = await packageInstall.remember(context('r'), params('2'));
    await cutOff('2');
    assert.equal(await packageInstall.check(context('r'), params('2')), false);
    await assert.rejects(packageInstall.verify(context('r'), params('2'), memory), /is unpacked after 2 was installed/);
    await packageInstall.do(context('r'), params('2'), memory);
    assert.equal(await show(), installed('2'));
    await packageInstall.undo(context('r'), params('2'), memory);
    assert.equal(await show(), '');
  });

  it('is taken back to nothing, or to the version that stood before', async () => {
    const absent = await packageInstall.remember(context('r'), params('2'));
    await cutOff('2');
    await packageInstall.undo(context('r'), params('2'), absent);
    assert.equal(await show(), '');
    assert.equal(existsSync(join(place.root, library)), false);

    await host.call('package-install', { args: [name, '1'] });
    const older = await packageInstall.remember(context('r'), params('2'));
    await cutOff('2');
    await packageInstall.undo(context('r'), params('2'), older);
    assert.equal(await show(), 'installed 1\n');
    await host.call('package-remove', { args: [name] });
  });

  it('of someone else before the run is ended by it, and stays so when the run is undone', async () => {
    await cutOff('1');
    const memory = await packageInstall.remember(context('r'), params('1'));
    await packageInstall.do(context('r'), params('1'), memory);
    assert.equal(await show(), installed('1'));
    await packageInstall.undo(context('r'), params('1'), memory);
    assert.equal(await show(), 'installed 1\n');
    await host.call('package-remove', { args: [name] });
  });
});

it('restores the auto mark with the version, also after an interruption between both', async () => {
  await host.call('package-install', { args: [name, '1'] });
  await host.call('package-auto', { args: [name] });
  const memory = await packageInstall.remember(context('r'), params('2'));
  await packageInstall.do(context('r'), params('2'), memory);
  assert.equal(await show(), installed('2'));
  await packageInstall.undo(context('r'), params('2'), memory);
  assert.equal(await show(), 'installed 1\nautomatic\n');
  await host.call('package-manual', { args: [name] });
  await packageInstall.undo(context('r'), params('2'), memory);
  assert.equal(await show(), 'installed 1\nautomatic\n');
  await host.call('package-remove', { args: [name] });
});

describe('a package that relays of another run stand on', () => {
  const dropIn = (relay: string): string => `/etc/systemd/system/tor@${relay}.service.d/50-tearless.conf`;
  const dropInParams = (relay: string) => ({
    path: dropIn(relay),
    content: `[Service]\nEnvironment=LD_PRELOAD=${library}\n`,
    mode: 0o644,
    owner: place.owner,
    group: place.group,
    expects: null,
  });
  const write = async (run: string, relay: string): Promise<() => Promise<void>> => {
    const wanted = fileWrite.params.parse(dropInParams(relay));
    const memory = await fileWrite.remember(context(run), wanted);
    await fileWrite.do(context(run), wanted, memory);
    return () => fileWrite.undo(context(run), wanted, memory);
  };

  it('stays and stays held; the hint names the run to undo first, and after that it goes', async () => {
    const memory = await packageInstall.remember(context('run-1'), params('2'));
    await packageInstall.do(context('run-1'), params('2'), memory);
    const undoCanary = await write('run-1', 'canary');
    const undoRest = await write('run-2', 'rest');
    await undoCanary();
    await assert.rejects(packageInstall.undo(context('run-1'), params('2'), memory), (error) => {
      assert.ok(error instanceof ChangeError);
      assert.equal(error.code, 'change-package-in-use');
      assert.equal(error.kind, 'refused');
      assert.equal(error.hint, 'first undo the run run-2: until then tor@rest.service would start without the library');
      return true;
    });
    assert.equal(await show(), installed('2'));
    await undoRest();
    await packageInstall.undo(context('run-1'), params('2'), memory);
    assert.equal(await show(), '');
  });

  it('is told before anything goes back: its own run’s drop-ins do not count, those of others do', async () => {
    const memory = await packageInstall.remember(context('run-1'), params('2'));
    await packageInstall.do(context('run-1'), params('2'), memory);
    const undoCanary = await write('run-1', 'canary');
    const ask = async () => packageInstall.mayUndo?.(context('run-1'), params('2'), memory);
    await ask();
    const undoRest = await write('run-2', 'rest');
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof ChangeError);
      assert.equal(error.code, 'change-package-in-use');
      assert.match(error.hint ?? '', /^first undo the run run-2: /);
      return true;
    });
    assert.equal(await show(), installed('2'));
    await undoRest();
    await ask();
    await undoCanary();
    await packageInstall.undo(context('run-1'), params('2'), memory);
    assert.equal(await show(), '');
  });

  it('goes where the drop-in named it before the run installed it', async () => {
    const undoDropIn = await write('run-0', 'early');
    const memory = await packageInstall.remember(context('run-1'), params('2'));
    await packageInstall.do(context('run-1'), params('2'), memory);
    await packageInstall.undo(context('run-1'), params('2'), memory);
    assert.equal(await show(), `awaited ${dropIn('early')}\n`);
    await undoDropIn();
  });
});

describe('a package that is asked for when planning', () => {
  const ask = async (wanted: ReturnType<typeof params> & { readonly name: string }): Promise<void> =>
    packageInstall.mayDo?.(context(''), wanted);

  it('may come where apt can install it, and where it is there already', async () => {
    await ask(params('1'));
    await host.call('package-install', { args: [name, '2'] });
    await host.call('package-hold', { args: [name] });
    await ask(params('2'));
    await ask(params('1'));
    await host.call('package-unhold', { args: [name] });
    await host.call('package-remove', { args: [name] });
    assert.equal(await show(), '');
  });

  it('is refused where no source has it, in that version, or where it conflicts with what stands there', async () => {
    const refusal = (code: string, says: RegExp) => (error: unknown) => {
      assert.ok(error instanceof HostError);
      assert.deepEqual([error.kind, error.code], ['refused', code]);
      assert.match(`${error.message} ${error.lines.join(' ')}`, says);
      return true;
    };
    await assert.rejects(ask({ ...params('1'), name: 'libmimalloc8' }), (error) => {
      assert.ok(error instanceof ChangeError);
      assert.deepEqual([error.kind, error.code], ['refused', 'change-package-unavailable']);
      assert.match(`${error.message} ${error.hint}`, /no package libmimalloc8 in the sources.*apt-get update/);
      return true;
    });
    await assert.rejects(ask(params('7')), refusal('host-package-conflict', /Version '7'/));
    const other = 'libmimalloc9.8';
    await packages.build({ name: other, version: '1', files: {}, fields: `Conflicts: ${name}` });
    await packages.refresh();
    await host.call('package-install', { args: [other, '1'] });
    await assert.rejects(ask(params('1')), refusal('host-package-conflict', /libmimalloc9\.8/));
    assert.equal(await show(), '');
    await host.call('package-remove', { args: [other] });
  });
});

it('reads what the helper says of a package, and memories of journals that knew less', () => {
  const nothing = { installed: null, broken: null, held: false, automatic: false, awaited: [] };
  assert.deepEqual(parsePackageState('installed 2.0.9+ds-2\nheld\ncandidate 2.1.2\navailable 2.1.2 2.0.9+ds-2\n'), {
    ...nothing,
    installed: '2.0.9+ds-2',
    held: true,
  });
  assert.deepEqual(parsePackageState('candidate 2.1.2\navailable 2.1.2\n'), nothing);
  assert.deepEqual(parsePackageState('broken half-configured 1:2-3\nautomatic\nawaited /a\nawaited /b\n'), {
    ...nothing,
    broken: { status: 'half-configured', version: '1:2-3' },
    automatic: true,
    awaited: ['/a', '/b'],
  });
  assert.deepEqual(packageInstall.memory.parse({ installed: null, held: false }), {
    installed: null,
    held: false,
    automatic: false,
    awaited: [],
  });
});
