import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DaemonError } from './daemon-error.ts';
import { instancePaths, isInstanceName } from './instance.ts';

test('an instance lies where tor-instance-create puts it', () => {
  assert.deepEqual(instancePaths('alpha1'), {
    name: 'alpha1',
    unit: 'tor@alpha1.service',
    dropInDirectory: '/etc/systemd/system/tor@alpha1.service.d',
    dropInPath: '/etc/systemd/system/tor@alpha1.service.d/50-tearless-allocator.conf',
    torrcPath: '/etc/tor/instances/alpha1/torrc',
    dataDirectory: '/var/lib/tor-instances/alpha1',
    controlSocket: '/run/tor-instances/alpha1/control',
    defaultsTorrcPath: '/run/tor-instances/alpha1.defaults',
    user: '_tor-alpha1',
  });
});

test('the default instance has the paths of a host with one tor', () => {
  const paths = instancePaths('default');
  assert.equal(paths.unit, 'tor@default.service');
  assert.equal(paths.torrcPath, '/etc/tor/torrc');
  assert.equal(paths.dataDirectory, '/var/lib/tor');
  assert.equal(paths.controlSocket, '/run/tor/control');
  assert.equal(paths.user, 'debian-tor');
});

test('names that would leave their directory or need escaping are refused', () => {
  const refused = [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a b',
    'a\nb',
    '-a',
    '_a',
    'ä',
    'a.b',
    'a@b',
    'a\\x2d',
    '%i',
    'a'.repeat(28),
  ];
  for (const name of refused) {
    assert.equal(isInstanceName(name), false, name);
    assert.throws(
      () => instancePaths(name),
      (error) => error instanceof DaemonError && error.code === 'daemon-bad-instance',
    );
  }
  for (const name of ['a', '7', 'A-b_c', 'a'.repeat(27)]) assert.equal(instancePaths(name).name, name);
});
