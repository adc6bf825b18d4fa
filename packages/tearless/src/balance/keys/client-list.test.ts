import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderClientKey } from '@tearless/tor/hsdesc/client-auth-files.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import {
  checkClientName,
  keysOfClients,
  parseClientFiles,
  parseClientPublicKey,
  renderClientFile,
} from './client-list.ts';

const keyOf = (byte: number): Uint8Array => x25519PublicKey(new Sensitive(new Uint8Array(32).fill(byte)));
const file = (byte: number): string => renderClientFile({ name: 'any', publicKey: keyOf(byte) });
const refused = (message: RegExp) => ({ name: 'BalanceError', code: 'balance-client', message });

describe('clients of a restricted service', () => {
  it('are read from files as tor has them, by name', () => {
    const files = new Map([
      ['bob.auth', `${file(2)}\n`],
      ['ann.auth', file(1)],
    ]);
    assert.deepEqual(parseClientFiles(files, 'clients'), [
      { name: 'ann', publicKey: keyOf(1) },
      { name: 'bob', publicKey: keyOf(2) },
    ]);
  });

  it('take a public key as a line or as base32 alone, in either case', () => {
    const line = renderClientKey(keyOf(3));
    const bare = line.slice('descriptor:x25519:'.length);
    for (const text of [line, bare, bare.toLowerCase(), ` ${line}\n`])
      assert.deepEqual(parseClientPublicKey(text, '--public-key'), keyOf(3));
  });

  it('are refused, with the file’s name, when a file is none, or two have one key', () => {
    for (const text of ['', 'descriptor:x25519:AAAA', 'descriptor:rsa:X', 'x'.repeat(52)])
      assert.throws(() => parseClientFiles(new Map([['ann.auth', text]]), 'clients'), refused(/^clients\/ann\.auth: /));
    const twice = new Map([
      ['ann.auth', file(1)],
      ['bob.auth', file(1)],
    ]);
    assert.throws(() => parseClientFiles(twice, 'clients'), refused(/^clients\/bob\.auth: .* ann\.auth/));
  });

  it('have no key that gives everybody the same secret', () => {
    const smallOrder = renderClientKey(new Uint8Array(32));
    assert.throws(() => parseClientPublicKey(smallOrder, 'ann'), refused(/small order/));
  });

  it('leave a service restricted when the last one is gone', () => {
    const [nobody, ...more] = keysOfClients([]);
    assert.equal(nobody?.length, 32);
    assert.deepEqual(more, []);
    assert.doesNotThrow(() => parseClientPublicKey(renderClientKey(nobody ?? new Uint8Array()), 'nobody'));
    assert.deepEqual(keysOfClients([{ name: 'ann', publicKey: keyOf(1) }]), [keyOf(1)]);
  });

  it('have names that are file names and nothing else', () => {
    for (const name of ['ann', 'Ann_2', 'a.b-c']) assert.equal(checkClientName(name), name);
    for (const name of ['', '.', '../ann', 'a/b', '-a', 'ä', 'a'.repeat(64)])
      assert.throws(() => checkClientName(name), refused(/a name of a client/));
  });
});
