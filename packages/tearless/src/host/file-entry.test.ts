import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFileEntries } from './file-entry.ts';
import { HostError } from './host-error.ts';

const sha = 'a'.repeat(64);
const bytes = (...fields: string[]): Uint8Array =>
  new TextEncoder().encode(fields.map((field) => `${field}\0`).join(''));
const at = (name: string): string => `/d/${name}`;

test('files, directories, links and the rest are told apart', () => {
  const output = bytes(
    ...['a', 'f', '640', 'root', '_tor-a', '5', ''],
    ...['b', 'd', '2755', 'root', 'root', '4096', ''],
    ...['c', 'l', '777', 'root', 'root', '3', '../x y'],
    ...['e', 's', '660', 'root', 'root', '0', ''],
    '',
    `${sha}  /d/a`,
  );
  assert.deepEqual(parseFileEntries(output, at), [
    { type: 'file', path: '/d/a', mode: 0o640, owner: 'root', group: '_tor-a', sizeBytes: 5, sha256: sha },
    { type: 'directory', path: '/d/b', mode: 0o2755, owner: 'root', group: 'root' },
    { type: 'link', path: '/d/c', mode: 0o777, owner: 'root', group: 'root', target: '../x y' },
    { type: 'other', path: '/d/e', mode: 0o660, owner: 'root', group: 'root' },
  ]);
});

test('nothing there is no entry', () => {
  assert.deepEqual(parseFileEntries(new Uint8Array(), at), []);
});

test('a file that went between the two looks is not listed', () => {
  assert.deepEqual(parseFileEntries(bytes('a', 'f', '640', 'root', 'root', '5', '', ''), at), []);
});

test('an answer in another form is an error', () => {
  for (const output of [
    bytes('a', 'f', '640'),
    bytes('a', 'f', 'rw-r--r--', 'root', 'root', '5', '', ''),
    bytes('a', 'f', '640', 'root', 'root', '5', '', '', 'no hash'),
    new TextEncoder().encode('motd\n'),
  ])
    assert.throws(() => parseFileEntries(output, at), HostError);
});
