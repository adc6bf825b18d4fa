import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HostError } from '../host-error.ts';
import {
  compareHostKey,
  fingerprintOf,
  parseKnownHosts,
  pinHostKey,
  pinHostKeyText,
  renderKnownHost,
} from './host-key.ts';
import { ensureLoginKey, parsePublicKey } from './login-key.ts';

// Has the form of a key; nobody holds the private half.
const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIIeVZ8eGzPpHyJX0cnmyI8tw2MEy7nDQ7P5cKQxOvQ4V';
const hostKey = { names: '[192.0.2.7]:2222', type: 'ssh-ed25519', key, fingerprint: fingerprintOf(key) };

test('plain entries are read; comments, markers and hashed names are not', () => {
  const text = `# a\n\n${renderKnownHost(hostKey)}@revoked h ssh-ed25519 ${key}\n|1|x=|y= ssh-ed25519 ${key}\nbroken\n`;
  assert.deepEqual(parseKnownHosts(text), [hostKey]);
});

test('a key is the same, another one, or none', () => {
  const file = renderKnownHost(hostKey);
  assert.equal(compareHostKey(file, hostKey), 'same');
  assert.equal(compareHostKey(file, { ...hostKey, key: 'AAAA' }), 'other');
  assert.equal(compareHostKey(file, { ...hostKey, names: 'elsewhere' }), 'none');
});

test('pinning replaces the keys of that host and leaves every other line', () => {
  const other = 'relay.example.net ssh-ed25519 AAAA\n';
  const file = `# mine\n${other}${hostKey.names} ssh-rsa BBBB\n`;
  assert.equal(pinHostKeyText(file, hostKey), `# mine\n${other}${renderKnownHost(hostKey)}`);
  assert.equal(pinHostKeyText('', hostKey), renderKnownHost(hostKey));
});

test('what ssh-keygen says of a key is what is shown and pinned', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tearless-key-'));
  try {
    const path = join(directory, 'id');
    const made = await ensureLoginKey(path);
    assert.equal(await ensureLoginKey(path), made);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const said = execFileSync('ssh-keygen', ['-l', '-f', `${path}.pub`], { encoding: 'utf8' }).split(' ')[1];
    assert.equal(fingerprintOf(made.split(' ')[1] ?? ''), said);
    const file = join(directory, 'known_hosts');
    assert.equal(await pinHostKey(file, hostKey), true);
    assert.equal(await pinHostKey(file, hostKey), false);
    await assert.rejects(
      pinHostKey(file, { ...hostKey, key: made.split(' ')[1] ?? '' }),
      (error) => error instanceof HostError && error.code === 'ssh-host-key-changed',
    );
    assert.equal(await readFile(file, 'utf8'), renderKnownHost(hostKey));
    // A private key whose public half is gone is not written over.
    await rm(`${path}.pub`);
    const former = await readFile(path, 'utf8');
    await assert.rejects(
      ensureLoginKey(path),
      (error) => error instanceof HostError && error.code === 'ssh-key-not-made',
    );
    assert.equal(await readFile(path, 'utf8'), former);
    await writeFile(`${path}.pub`, 'no key');
    await assert.rejects(
      ensureLoginKey(path),
      (error) => error instanceof HostError && error.code === 'ssh-public-key-bad',
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a public key loses its comment; options, several lines and private keys are refused', () => {
  assert.equal(parsePublicKey(`ssh-ed25519 ${key} me@here\n`), `ssh-ed25519 ${key}`);
  for (const text of [
    '',
    `command="id" ssh-ed25519 ${key}`,
    `ssh-ed25519 ${key}\nssh-ed25519 ${key}`,
    'ssh-ed25519 $(id)',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
  ])
    assert.throws(() => parsePublicKey(text), HostError, text);
});
