import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effectiveOptions, flattenTorrc, type IncludedFile, includePatterns } from './flatten.ts';
import { parseTorrc } from './syntax.ts';

function flat(text: string, files: Record<string, IncludedFile[]> = {}) {
  return flattenTorrc(parseTorrc(text), (pattern) => files[pattern], '/etc/tor/torrc');
}

describe('flattening a torrc', () => {
  test('%include is replaced by what it brings in, in order, with file and line', () => {
    const files = {
      'conf.d': [
        { path: 'conf.d/a', text: 'Nickname a\n%include deeper' },
        { path: 'conf.d/b', text: '\nContactInfo "b"' },
      ],
      deeper: [{ path: 'deeper', text: '+ExitPolicy reject *:*' }],
      'none*': [],
    };
    assert.deepEqual(
      flat('Nickname top\n%include conf.d\n%include "none*"\nORPort 1', files).map(
        ({ prefix, name, value, file, line }) => `${file}:${line} ${prefix}${name} ${value}`,
      ),
      [
        '/etc/tor/torrc:1 Nickname top',
        'conf.d/a:1 Nickname a',
        'deeper:1 +ExitPolicy reject *:*',
        'conf.d/b:2 ContactInfo b',
        '/etc/tor/torrc:4 ORPort 1',
      ],
    );
  });

  test('names the patterns that must be read first', () => {
    assert.deepEqual(includePatterns(parseTorrc('%include a\n+%include "b c"\n# %include d\n')), ['a', 'b c']);
  });

  test('a missing file, a loop and a broken file are errors that say where', () => {
    assert.throws(() => flat('\n%include gone'), { code: 'torrc-include-missing', line: 2, message: /torrc line 2/ });
    const loop = { me: [{ path: 'me', text: '%include me' }] };
    assert.throws(() => flat('%include me', loop), { code: 'torrc-include-depth' });
    const broken = { bad: [{ path: 'conf.d/bad', text: 'Nickname a\nContactInfo "x' }] };
    assert.throws(() => flat('%include bad', broken), {
      code: 'torrc-unterminated-quote',
      line: 2,
      message: /^conf\.d\/bad: line 2/,
    });
  });
});

describe('effective options', () => {
  const values = (...sources: string[]) =>
    Object.fromEntries(effectiveOptions(...sources.map((text) => flat(text))).values);

  test('the last line of a single option wins, a repeatable one collects', () => {
    assert.deepEqual(values('Nickname a\nlog notice file /1\nNICKNAME b\nLog err file /2\n'), {
      Nickname: ['b'],
      Log: ['notice file /1', 'err file /2'],
    });
  });

  test('a later source replaces a list unless its first line has +', () => {
    const defaults = 'Log notice file /1\nNickname d\n';
    assert.deepEqual(values(defaults, '+Log notice file /2\nLog err file /3\n').Log, [
      'notice file /1',
      'notice file /2',
      'err file /3',
    ]);
    assert.deepEqual(values(defaults, 'Log notice file /2\n+Log err file /3\n').Log, ['notice file /2', 'err file /3']);
    assert.deepEqual(values(defaults, '/Log foo\n/Nickname\n'), { Log: [], Nickname: [] });
  });

  test('an empty value makes a single option zero or nothing, and is skipped for a list', () => {
    assert.deepEqual(values('Nickname d\nLog err syslog\nDirCache 1\n', 'Nickname\nLog\nDirCache\n'), {
      Nickname: [],
      Log: ['err syslog'],
      DirCache: ['0'],
    });
  });

  test('options that share a list replace each other', () => {
    assert.deepEqual(values('SocksPort 9050\n', '__SocksPort 1\n'), { __SocksPort: ['1'] });
    const { serviceLines } = effectiveOptions(
      flat('HiddenServiceDir /a\nHiddenServicePort 80\n'),
      flat('HiddenServiceDir /b\nNickname x\nHiddenServicePort 81\n'),
    );
    assert.deepEqual(serviceLines, [
      { name: 'HiddenServiceDir', value: '/b' },
      { name: 'HiddenServicePort', value: '81' },
    ]);
  });

  test('obsolete options are left out, unknown ones stay as written', () => {
    assert.deepEqual(values('Group nobody\nFooBar 1\n'), { FooBar: ['1'] });
  });
});
