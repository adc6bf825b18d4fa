import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostError } from '../host-error.ts';
import {
  checkDestination,
  renderCommandArguments,
  renderForwardArguments,
  renderMasterArguments,
  type SshDestination,
} from './destination.ts';

const refused = (destination: SshDestination): void => {
  assert.throws(
    () => checkDestination(destination),
    (error) => error instanceof HostError && error.code === 'ssh-destination-bad' && error.kind === 'config',
    JSON.stringify(destination),
  );
};

test('names, addresses and aliases are taken', () => {
  for (const host of ['relay1', 'relay-1.example.net', '192.0.2.7', '2001:db8::1', 'fe80::1%eth0', 'lab_h1'])
    checkDestination({ host, user: 'operator', port: 22, identityFile: '/home/a b/.ssh/id' });
});

test('what ssh could take for an option, an expression or two words is refused', () => {
  for (const host of ['-oProxyCommand=x', '', 'a b', 'a;b', 'a\nb', '$(id)', 'user@host', '%h', 'a/b', '[::1]'])
    refused({ host });
  for (const user of ['-l', '', 'a b', 'root@x', '$USER', 'a\nb']) refused({ host: 'h', user });
  for (const port of [0, -1, 65536, 1.5, Number.NaN]) refused({ host: 'h', port });
  for (const path of ['', 'a"b', "a'b", '%d/id', '$HOME/id', 'a\\b', 'a\nb']) {
    refused({ host: 'h', identityFile: path });
    refused({ host: 'h', knownHostsFile: path });
    refused({ host: 'h', configFile: path });
  }
});

test('host keys are checked strictly, with the pinned keys only where there are any', () => {
  const own = renderMasterArguments({ host: 'h', knownHostsFile: '/k' }, '/s', 'c');
  assert.ok(own.includes('StrictHostKeyChecking=yes'));
  assert.ok(own.includes('UserKnownHostsFile="/k"'));
  assert.ok(own.includes('GlobalKnownHostsFile=/dev/null'));
  const users = renderMasterArguments({ host: 'h' }, '/s', 'c');
  assert.ok(users.includes('StrictHostKeyChecking=yes'));
  assert.ok(!users.some((argument) => argument.includes('KnownHostsFile')));
});

test('the destination stands after the end of options, and the command alone after it', () => {
  assert.deepEqual(renderMasterArguments({ host: 'h', user: 'u' }, '/s', 'the command').slice(-3), [
    '--',
    'h',
    'the command',
  ]);
  assert.deepEqual(renderCommandArguments('/s', 'the command').slice(-3), ['--', 'shared', 'the command']);
});

test('commands over the shared connection can never open one of their own', () => {
  for (const args of [renderCommandArguments('/s', 'c'), renderForwardArguments('/s', 'localhost', 80)]) {
    assert.ok(args.includes('ProxyCommand=false'));
    assert.ok(args.includes('ControlMaster=no'));
    assert.deepEqual(args.slice(0, 2), ['-F', 'none']);
  }
});

test('a stream’s target is an address and a port, and nothing else', () => {
  assert.ok(renderForwardArguments('/s', '127.0.0.1', 9051).includes('127.0.0.1:9051'));
  assert.ok(renderForwardArguments('/s', '::1', 9051).includes('[::1]:9051'));
  for (const host of ['-x', 'a b', 'a:b', '', '$x'])
    assert.throws(() => renderForwardArguments('/s', host, 1), HostError, host);
  assert.throws(() => renderForwardArguments('/s', 'localhost', 0), HostError);
});
