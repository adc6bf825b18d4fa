import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from './config-error.ts';
import { resolveDesired } from './desired.ts';
import { parseConfig } from './parse.ts';

const good = `version: 1
fleet: demo
network: lab
hosts:
  h1: { address: 10.0.0.1, labels: { site: ams } }
  h2: {}
relays:
  - h1/a
  - h1/b
  - { relay: h2/c, labels: { arm: x } }
  - h2/d
allocators:
  mimalloc:
    version: 2.0.9
    library: /usr/lib/libmimalloc.so.2
    buildIds: [0123456789abcdef]
settings:
  - select: "*"
    allocator: { mimalloc: 50%, glibc: 50% }
    torrc: { MaxMemInQueues: 1 GB, DirCache: true }
  - select: arm=x
    allocator: mimalloc
    torrc: { dircache: null }
`;

const problemsOf = (text: string) => {
  try {
    parseConfig(text, 'tearless.yaml');
  } catch (error) {
    assert.ok(error instanceof ConfigError, `${error}`);
    return error.problems.map(({ code, line, column, suggestion }) => ({
      code,
      line,
      column,
      ...(suggestion === undefined ? {} : { suggestion }),
    }));
  }
  return [];
};

const replace = (from: string, to: string) => {
  assert.ok(good.includes(from));
  return good.replace(from, to);
};

describe('parseConfig', () => {
  it('gives what a good file says, later settings winning', () => {
    const desired = resolveDesired(parseConfig(good, 'tearless.yaml'));
    assert.deepEqual(
      desired.relays.map(({ id, allocator, torrc }) => ({ id, allocator, torrc: Object.fromEntries(torrc) })),
      [
        { id: 'h1/a', allocator: undefined, torrc: { MaxMemInQueues: ['1 GB'], DirCache: ['1'] } },
        { id: 'h1/b', allocator: undefined, torrc: { MaxMemInQueues: ['1 GB'], DirCache: ['1'] } },
        { id: 'h2/c', allocator: 'mimalloc', torrc: { MaxMemInQueues: ['1 GB'], DirCache: null } },
        { id: 'h2/d', allocator: undefined, torrc: { MaxMemInQueues: ['1 GB'], DirCache: ['1'] } },
      ],
    );
    assert.deepEqual(desired.shareGroups, [
      {
        setting: 0,
        relays: ['h1/a', 'h1/b', 'h2/d'],
        counts: new Map([
          ['mimalloc', 2],
          ['glibc', 1],
        ]),
      },
    ]);
    assert.equal(desired.relays[0]?.labels.site, 'ams');
  });

  const cases: { name: string; text: string; problem: object }[] = [
    {
      name: 'an unknown key',
      text: replace('network: lab', 'netwrok: lab'),
      problem: { code: 'config-unknown-key', line: 3, column: 1, suggestion: "did you mean 'network'?" },
    },
    {
      name: 'an unknown key deep inside',
      text: replace('version: 2.0.9', 'version: 2.0.9\n    buildids: []'),
      problem: { code: 'config-unknown-key', line: 15, column: 5, suggestion: "did you mean 'buildIds'?" },
    },
    {
      name: 'a wrong type',
      text: replace('fleet: demo', 'fleet: [demo]'),
      problem: { code: 'config-wrong-type', line: 2, column: 8 },
    },
    {
      name: 'an unknown key in a form of several',
      text: replace('labels: { arm: x }', 'label: { arm: x }'),
      problem: { code: 'config-unknown-key', line: 10, column: 20, suggestion: "did you mean 'labels'?" },
    },
    {
      name: 'two relays of one name',
      text: replace('- h2/d', '- h1/a'),
      problem: { code: 'config-duplicate-relay', line: 11, column: 5 },
    },
    {
      name: 'a relay on an undeclared host',
      text: replace('- h2/d', '- h3/d'),
      problem: { code: 'config-unknown-host', line: 11, column: 5, suggestion: "did you mean 'h1'?" },
    },
    {
      name: 'a selector that matches nothing',
      text: replace('select: arm=x', 'select: h1/z'),
      problem: { code: 'config-selects-nothing', line: 21, column: 13, suggestion: "did you mean 'h1/a'?" },
    },
    {
      name: 'a selector that is none',
      text: replace('select: arm=x', 'select: "a b"'),
      problem: { code: 'config-selector', line: 21, column: 13 },
    },
    {
      name: 'shares that do not add up',
      text: replace('glibc: 50%', 'glibc: 40%'),
      problem: { code: 'config-shares', line: 19, column: 16 },
    },
    {
      name: 'an undeclared allocator',
      text: replace('allocator: mimalloc', 'allocator: mimaloc'),
      problem: { code: 'config-unknown-allocator', line: 22, column: 16, suggestion: "did you mean 'mimalloc'?" },
    },
    {
      name: 'a torrc option that tor does not know',
      text: replace('DirCache: true', 'DirCahce: true'),
      problem: { code: 'config-unknown-option', line: 20, column: 36, suggestion: "write 'DirCache' if that is meant" },
    },
    {
      name: 'a torrc option that tor has removed',
      text: replace('DirCache: true', 'AllowDotExit: true'),
      problem: { code: 'config-obsolete-option', line: 20, column: 36, suggestion: 'remove it from tearless.yaml' },
    },
    {
      name: 'a torrc option that is the administrator’s',
      text: replace('dircache: null', 'datadirectory: null'),
      problem: {
        code: 'config-guarded-option',
        line: 23,
        column: 14,
        suggestion: 'change it by hand on the host',
      },
    },
    {
      name: 'a torrc value that tor would not take',
      text: replace('MaxMemInQueues: 1 GB', 'MaxMemInQueues: 1 bananas'),
      problem: {
        code: 'config-option-value',
        line: 20,
        column: 30,
        suggestion: 'write for example 512 MB, 10 MBytes or 80 MBits',
      },
    },
    {
      name: 'a port that there is not',
      text: replace('DirCache: true', 'ORPort: "192.0.2.1:70000"'),
      problem: {
        code: 'config-option-value',
        line: 20,
        column: 44,
        suggestion: 'write for example 9001 or 192.0.2.1:9001 NoAdvertise',
      },
    },
    {
      name: 'two values of a torrc option that has one',
      text: replace('DirCache: true', 'DirCache: [0, 1]'),
      problem: { code: 'config-option-once', line: 20, column: 46, suggestion: 'keep the one that shall hold' },
    },
    {
      name: 'a key that stands twice',
      text: replace('network: lab', 'fleet: lab'),
      problem: { code: 'config-duplicate-key', line: 3, column: 1 },
    },
    { name: 'what is not YAML', text: 'hosts: [', problem: { code: 'config-syntax', line: 1, column: 9 } },
  ];
  for (const { name, text, problem } of cases)
    it(`refuses ${name}, with its place and a suggestion`, () => {
      const [first] = problemsOf(text);
      assert.deepEqual(first, problem);
    });

  it('refuses an empty file and other top-level values', () => {
    for (const text of ['', '[]', '3', 'null']) assert.notDeepEqual(problemsOf(text), [], text);
  });

  it('takes ports and nicknames in every form that tor takes', () => {
    const ports = ['9001', 'auto', '0', '"192.0.2.1:9001"', '"[2001:db8::1]:9001 IPv6Only"', '[443, "9001 NoListen"]'];
    for (const port of ports) {
      const text = replace('DirCache: true', `ORPort: ${port}, Nickname: Abc123`);
      assert.deepEqual(problemsOf(text), [], text);
    }
  });

  it('reports every problem at once, in the order of the file', () => {
    const text = replace('network: lab', 'netwrok: lab').replace('fleet: demo', 'fleet: 3');
    assert.deepEqual(
      problemsOf(text).map(({ line }) => line),
      [2, 3],
    );
  });

  const sentences: { text: string; says: string }[] = [
    { text: replace('fleet: demo', ''), says: '1:1: fleet is missing; add it as text' },
    { text: replace('fleet: demo', 'fleet: 7'), says: '2:8: fleet must be text, not a number; write "7"' },
    { text: replace('network: lab', 'network: lap'), says: "3:10: network must be public or lab; did you mean 'lab'?" },
    {
      text: replace('[0123456789abcdef]', '[]'),
      says: '16:15: allocators.mimalloc.buildIds must have at least 1 entry',
    },
    { text: replace('- h1/b', '- 7'), says: '9:5: relays[1] must be text or a map, not a number' },
    {
      text: replace('DirCache: true', 'ContactInfo: { a: b }'),
      says: '20:49: settings[0].torrc.ContactInfo must be text, a number, true or false, a list or null, not a map',
    },
    {
      text: replace('DirCache: true', '"Dir Cache": true'),
      says: "20:36: the key 'Dir Cache' of settings[0].torrc must be a name: letters, digits, and . _ - inside",
    },
    {
      text: `${good}restart: { soak: 10x, weightDown: 200% }\n`,
      says: '24:18: restart.soak must be a duration such as 30s, 5m or 24h',
    },
  ];
  for (const { text, says } of sentences)
    it(`says ${says}`, () => {
      assert.throws(
        () => parseConfig(text, 'tearless.yaml'),
        (error) => error instanceof ConfigError && error.message.split('\n')[0] === `tearless.yaml:${says}`,
      );
    });

  it('repeats no key that was put where its file belongs', () => {
    const text = `${good}onions: { a: { key: "-----BEGIN PRIVATE KEY-----MC4CAQ", workers: {} } }\n`;
    assert.throws(
      () => parseConfig(text, 'tearless.yaml'),
      (error) =>
        error instanceof ConfigError && !error.message.includes('MC4CAQ') && /onions\.a\.key/.test(error.message),
    );
  });
});
