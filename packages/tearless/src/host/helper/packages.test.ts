// Packages on the helper's own text, with the real dpkg and apt over a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPackages, ownPackages } from '../testing/own-packages.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { renderHelper } from './render-helper.ts';

const name = 'libmimalloc9.9';
const library = '/usr/lib/x/libmimalloc.so.2';

let place: OwnPlace;
let packages: OwnPackages;
let host: RemoteHost;
before(async () => {
  place = await ownPlace();
  packages = await ownPackages(place);
  const real = (minor: number): string => `/usr/lib/x/libmimalloc.so.2.${minor}`;
  await packages.build({ name, version: '1', files: { [real(0)]: 'one', [library]: '->libmimalloc.so.2.0' } });
  await packages.build({ name, version: '2', files: { [real(1)]: 'two', [library]: '->libmimalloc.so.2.1' } });
  await packages.build({ name, version: '3', files: { '/usr/lib/x/libmimalloc.so.3': 'three' } });
  // Its postinst is what Debian's would be: asks the policy whether tor may be restarted, and notes the answer.
  await packages.build({
    name: 'libjemalloc9',
    version: '1',
    files: { '/lib/x/libjemalloc.so.9': 'j' },
    postinst: `sh '${place.root}/usr/sbin/policy-rc.d' tor restart; echo $? >'${place.root}/policy-said'`,
  });
  await packages.refresh();
  const helper = renderHelper({ factsScript: ':', place });
  host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});
afterEach(async () => {
  await rm(join(place.root, 'etc/systemd/system'), { recursive: true });
  await mkdir(join(place.root, 'etc/systemd/system'));
});

const say = async (verb: string, ...args: string[]): Promise<string> =>
  new TextDecoder().decode((await host.call(verb, { args })).stdout);
const status = async (packageName = name): Promise<string> =>
  (await say('package-show', packageName)).split('\n')[0] ?? '';

const fails = async (action: Promise<unknown>, code: string): Promise<HostError> => {
  const error = await action.then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) throw error;
  assert.equal(error.code, code, `${error.message}\n${error.lines.join('\n')}`);
  return error;
};

const dropIn = (unit: string): string => `/etc/systemd/system/${unit}.d/50-x.conf`;
/** As an administrator would, past the helper. */
const put = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(join(place.root, path)), { recursive: true });
  await writeFile(join(place.root, path), content);
};
const preload = (path: string): string => `[Service]\nEnvironment=LD_PRELOAD=${path}\n`;

describe('a package that drop-ins of tor name', () => {
  test('stays, and the refusal says who uses it by what', async () => {
    await say('package-install', name, '1');
    await put(dropIn('tor@b.service'), preload(library));
    await put(dropIn('tor@c.service'), preload(library));
    await put(dropIn('tor@d.service'), preload('/usr/lib/x/libother.so'));
    const error = await fails(say('package-remove', name), 'host-package-in-use');
    assert.equal(error.kind, 'refused');
    assert.equal(
      error.message,
      `here: package-remove ${name}: tor@b.service (and 1 more) loads ${library} of ${name} at its next start, by ${dropIn('tor@b.service')}`,
    );
    assert.match(error.hint ?? '', /tor@b\.service, tor@c\.service first/);
    assert.equal(await status(), 'installed 1');
    assert.ok(existsSync(join(place.root, library)));
  });

  const ways: Readonly<Record<string, string>> = {
    'without /usr': preload('/lib/x/libmimalloc.so.2'),
    'by the file that the link leads to': preload('/usr/lib/x/libmimalloc.so.2.0'),
    'by a link elsewhere': preload('/usr/local/lib/liballoc.so'),
    'among others, in quotes': '[Service]\nEnvironment="A=1" "LD_PRELOAD=/usr/lib/o.so:/usr/lib/x/libmimalloc.so.2"\n',
    'on a continued line': `[Service]\nEnvironment=A=1 \\\n  LD_PRELOAD=${library}\n`,
    'as the loader finds it': preload('libmimalloc.so.2'),
  };
  for (const [title, content] of Object.entries(ways))
    test(`is found ${title}`, async () => {
      await say('package-install', name, '1');
      await rm(join(place.root, 'usr/local/lib/liballoc.so'), { force: true });
      await symlink('../../lib/x/libmimalloc.so.2', join(place.root, 'usr/local/lib/liballoc.so'));
      await put(dropIn('tor@b.service'), content);
      await fails(say('package-remove', name), 'host-package-in-use');
    });

  test('is found where its files lie in /lib and the drop-in says /usr/lib, and by the template’s drop-in', async () => {
    await say('package-install', 'libjemalloc9', '1');
    await put(dropIn('tor@.service'), preload('/usr/lib/x/libjemalloc.so.9'));
    await fails(say('package-remove', 'libjemalloc9'), 'host-package-in-use');
    await rm(join(place.root, dropIn('tor@.service')));
    await say('package-remove', 'libjemalloc9');
  });

  test('goes once none does: comments, directories and other units’ drop-ins do not count', async () => {
    await say('package-install', name, '1');
    await put(dropIn('tor@b.service'), `# LD_PRELOAD=${library}\n[Service]\nReadOnlyPaths=/usr/lib/x /usr\n`);
    await put(dropIn('nginx.service'), preload(library));
    await put(`/etc/systemd/system/tor@b.service.d/.50-x.conf.tearless.1`, preload(library));
    await say('package-remove', name);
    assert.match(await status(), /^candidate/);
    assert.equal(existsSync(join(place.root, library)), false);
  });

  test('changes its version as long as the named file is in the new one', async () => {
    await say('package-install', name, '1');
    await put(dropIn('tor@b.service'), preload(library));
    await say('package-install', name, '2');
    await fails(say('package-install', name, '3'), 'host-package-in-use');
    assert.equal(await status(), 'installed 2');
    await put(dropIn('tor@b.service'), preload('/usr/lib/x/libmimalloc.so.2.1'));
    await fails(say('package-install', name, '1'), 'host-package-in-use');
    await rm(join(place.root, dropIn('tor@b.service')));
    await say('package-install', name, '3');
    assert.equal(await status(), 'installed 3');
    assert.deepEqual(
      (await readdir(join(place.root, 'run'))).filter((entry) => entry.startsWith('tearless-')),
      [],
    );
    await say('package-remove', name);
  });

  test('goes although a drop-in names it that named it before it was there', async () => {
    await put(dropIn('tor@b.service'), preload(library));
    await put(dropIn('tor@d.service'), preload('/usr/local/lib/liballoc.so'));
    await rm(join(place.root, 'usr/local/lib/liballoc.so'), { force: true });
    await symlink('../../lib/x/libmimalloc.so.2', join(place.root, 'usr/local/lib/liballoc.so'));
    assert.match(
      await say('package-show', name),
      new RegExp(`\nawaited ${dropIn('tor@b.service')}\nawaited ${dropIn('tor@d.service')}\n$`),
    );
    await say('package-install', name, '1');
    assert.doesNotMatch(await say('package-show', name), /awaited/);
    await put(dropIn('tor@c.service'), preload(library));
    const excused = [dropIn('tor@b.service'), dropIn('tor@d.service')];
    await fails(say('package-remove', name, ...excused), 'host-package-in-use');
    await rm(join(place.root, dropIn('tor@c.service')));
    await say('package-remove', name, ...excused);
    await fails(say('package-remove', name, '/etc/shadow'), 'host-request-bad');
    await fails(say('package-install', name, '1', '--purge'), 'host-request-bad');
  });
});

describe('a package that dpkg was cut off in', () => {
  const cutOff = async (version: string): Promise<void> => {
    await packages.run('dpkg', ['--unpack', packages.file(name, version)]);
    assert.equal(await status(), `broken unpacked ${version}`);
  };

  test('is finished by an install of the same version, of another, and can be removed', async () => {
    await cutOff('1');
    await say('package-install', name, '1');
    assert.equal(await status(), 'installed 1');
    await cutOff('2');
    await say('package-install', name, '1');
    assert.equal(await status(), 'installed 1');
    await cutOff('2');
    await say('package-remove', name);
    assert.match(await status(), /^candidate/);
  });

  test('while its files were put in place has all of them again, and can be removed', async () => {
    const tear = async (): Promise<void> => {
      await cutOff('1');
      const database = join(place.root, 'var/lib/dpkg/status');
      const known = await readFile(database, 'utf8');
      await writeFile(
        database,
        known.replace('Status: install ok unpacked', 'Status: install reinstreq half-installed'),
      );
      await rm(join(place.root, library));
      assert.equal(await status(), 'broken half-installed 1');
    };
    await tear();
    await say('package-install', name, '1');
    assert.equal(await status(), 'installed 1');
    assert.ok(existsSync(join(place.root, library)));
    await tear();
    await say('package-install', name, '2');
    assert.equal(await status(), 'installed 2');
    await say('package-remove', name);
    await tear();
    await say('package-remove', name);
    assert.match(await status(), /^candidate/);
    assert.equal(existsSync(join(place.root, 'usr/lib/x/libmimalloc.so.2.0')), false);
  });

  test('is configured where another is asked for, and no relay restarts by it', async () => {
    await packages.run('dpkg', ['--unpack', packages.file('libjemalloc9', '1')]);
    await say('package-remove', name);
    assert.equal(await status('libjemalloc9'), 'installed 1');
    assert.equal(await readFile(join(place.root, 'policy-said'), 'utf8'), '101\n');
    assert.equal(existsSync(join(place.root, 'usr/sbin/policy-rc.d')), false);
    await say('package-remove', 'libjemalloc9');
  });
});

test('a package is marked as installed for others, and by name again', async () => {
  await say('package-install', name, '1');
  assert.doesNotMatch(await say('package-show', name), /^automatic$/m);
  await say('package-auto', name);
  assert.match(await say('package-show', name), /^installed 1\nautomatic\n/);
  await say('package-manual', name);
  assert.doesNotMatch(await say('package-show', name), /^automatic$/m);
  await fails(say('package-auto', 'openssh-server'), 'host-path-refused');
  await say('package-remove', name);
});
