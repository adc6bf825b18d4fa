import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../config/parse.ts';
import { fingerprintOf, renderKnownHost } from '../../host/ssh/host-key.ts';
import { judgeHostKey } from './host-key-trust.ts';
import { readHostWords } from './host-words.ts';

const config = parseConfig(
  `version: 1
fleet: f
hosts:
  old: { address: 10.0.0.1, user: operator, port: 2222 }
  rooted: { user: root }
  here: { local: true }
relays: []
`,
  'tearless.yaml',
);
const read = (words: Partial<Parameters<typeof readHostWords>[0]>, from = config) =>
  readHostWords({ name: 'new', asRoot: false, ...words }, from, '/srv/fleet/tearless.yaml', '/home/me');

describe('what host add is told', () => {
  it('sets a new host up through root and declares no more than was said', () => {
    assert.deepEqual(read({ address: '10.0.0.2' }), {
      name: 'new',
      host: { address: '10.0.0.2' },
      login: 'tearless',
      asRoot: false,
      sshConfig: undefined,
      wayIn: { host: '10.0.0.2', user: 'root' },
    });
    assert.deepEqual(read({}).host, {});
  });

  it('keeps what a declared host says of itself', () => {
    const { host, login, wayIn } = read({ name: 'old', via: 'admin' });
    assert.deepEqual(host, { address: '10.0.0.1', user: 'operator', port: 2222 });
    assert.equal(login, 'operator');
    assert.deepEqual(wayIn, { host: '10.0.0.1', user: 'admin', port: 2222 });
  });

  it('gives a host of root an ordinary login, and says so in the configuration', () => {
    assert.deepEqual(read({ name: 'rooted' }).host, { user: 'tearless' });
    assert.deepEqual(read({ name: 'rooted', asRoot: true }).host, { user: 'root' });
  });

  it('takes files from where the person is and the ssh configuration from where the file is', () => {
    const { wayIn, sshConfig } = read({ identity: 'id', sshConfig: '/srv/fleet/ssh/config' });
    assert.equal(wayIn.identityFile, '/home/me/id');
    assert.equal(wayIn.configFile, '/srv/fleet/ssh/config');
    assert.equal(sshConfig, 'ssh/config');
    const through = { ...config, sshConfig: 'ssh/config' };
    assert.equal(read({}, through).wayIn.configFile, '/srv/fleet/ssh/config');
    assert.throws(() => read({ sshConfig: '/etc/other' }, through), /reaches its hosts with ssh\/config/);
  });

  const wrong: [Partial<Parameters<typeof readHostWords>[0]>, RegExp][] = [
    [{ name: '-x' }, /cannot be named/],
    [{ name: 'a/b' }, /cannot be named/],
    [{ name: 'here' }, /this machine itself/],
    [{ user: 'root' }, /--user root/],
    [{ user: 'me', asRoot: true }, /two logins/],
    [{ via: 'root@elsewhere' }, /no login on new/],
    [{ port: 'x' }, /is no port/],
  ];
  for (const [words, expected] of wrong)
    it(`refuses ${JSON.stringify(words)}`, () => assert.throws(() => read(words), { message: expected }));
});

describe('the key that a host shows', () => {
  const [one, two] = ['AAAAone1', 'AAAAtwo2'].map((key) => ({
    names: 'h1',
    type: 'ssh-ed25519',
    key,
    fingerprint: fingerprintOf(key),
  }));
  assert.ok(one !== undefined && two !== undefined);
  const pinned = renderKnownHost(one);

  it('is believed when it is pinned or its fingerprint was given, else it is asked', () => {
    assert.deepEqual(judgeHostKey('h1', one, pinned, undefined), { kind: 'pinned' });
    assert.deepEqual(judgeHostKey('h1', one, '', one.fingerprint), { kind: 'confirmed' });
    assert.deepEqual(judgeHostKey('h1', one, '', undefined), { kind: 'ask', isChanged: false });
    assert.deepEqual(judgeHostKey('h1', two, pinned, undefined), { kind: 'ask', isChanged: true });
    assert.deepEqual(judgeHostKey('h1', two, pinned, two.fingerprint), { kind: 'confirmed' });
  });

  it('is refused when another fingerprint was given, even where it is pinned', () => {
    assert.throws(() => judgeHostKey('h1', one, pinned, two.fingerprint), { code: 'host-key-mismatch' });
  });
});
