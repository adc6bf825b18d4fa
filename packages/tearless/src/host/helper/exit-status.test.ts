import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostError, lastLines } from '../host-error.ts';
import { helperError } from './exit-status.ts';

const codeOf = (exitCode: number, stderr: string): string =>
  helperError({ host: 'h', what: 'hello', exitCode, stderr, stdout: new Uint8Array() }).code;

// Words of sudo 1.9.13 (Debian 12) and of env and the shell, recorded.
test('what sudo says instead of the helper is told apart', () => {
  assert.equal(codeOf(1, 'sudo: /usr/local/lib/tearless/helper: command not found\n'), 'host-helper-missing');
  assert.equal(codeOf(1, 'sudo: a password is required\n'), 'host-sudo-refused');
  assert.equal(codeOf(1, 'sudo: sorry, you must have a tty to run sudo\n'), 'host-sudo-refused');
  assert.equal(codeOf(127, "env: 'sudo': No such file or directory\n"), 'host-sudo-missing');
});

test('the helper’s own statuses have their own codes', () => {
  assert.equal(codeOf(76, 'tearless-helper: this is version a, asked for was b\n'), 'host-helper-outdated');
  assert.equal(codeOf(75, 'tearless-helper: locked by the run r\n'), 'host-locked');
  assert.equal(
    codeOf(73, 'head: error writing: No space left on device\ntearless-helper: cannot write x\n'),
    'host-disk-full',
  );
  assert.equal(codeOf(73, 'chown: invalid user\ntearless-helper: cannot give x\n'), 'host-write-failed');
  assert.equal(codeOf(137, ''), 'host-helper-failed');
});

test('the error says where, what and why, and keeps the last twenty lines', () => {
  const stderr = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  const error = helperError({
    host: 'h',
    what: 'unit restart',
    exitCode: 79,
    stderr: `${stderr}\ntearless-helper: systemctl restart tor@a.service failed with status 1\n`,
    stdout: new Uint8Array(),
  });
  assert.ok(error instanceof HostError);
  assert.equal(error.message, 'h: unit restart: systemctl restart tor@a.service failed with status 1');
  assert.equal(error.lines.length, 20);
  assert.equal(error.exitCode, 79);
});

test('an outdated helper is told with both versions, whatever it was asked', () => {
  const stderr = 'tearless-helper: this is version 527c389d9a4844c2, asked for was 6d156a3628c61f2b\n';
  const { message } = helperError({ host: 'h', what: 'facts', exitCode: 76, stderr, stdout: new Uint8Array() });
  assert.equal(
    message,
    'h: facts: the helper there has version 527c389d9a4844c2, this Tearless needs 6d156a3628c61f2b',
  );
});

test('kept lines hold nothing that moves a terminal’s cursor', () => {
  assert.deepEqual(lastLines('\u001b[2Ja\tb\r\n\n\n'), ['[2Ja\tb']);
});
