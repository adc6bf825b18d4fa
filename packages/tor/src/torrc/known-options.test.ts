import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { findOption, isObsoleteOption, knownOptions, suggestOption } from './known-options.ts';

const lines = (name: string) =>
  readFileSync(new URL(`../../testdata/torrc/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

/** Our spelling of the type names in GETINFO config/names. */
const torTypes: Record<string, string> = {
  boolean: 'Boolean',
  'boolean-auto': 'Boolean+Auto',
  integer: 'Integer',
  'signed-integer': 'SignedInteger',
  float: 'Float',
  'data-size': 'DataSize',
  interval: 'TimeInterval',
  'interval-ms': 'TimeMsecInterval',
  string: 'String',
  filename: 'Filename',
  'comma-list': 'CommaList',
  'line-list': 'LineList',
  'router-list': 'RouterList',
  dependent: 'Dependent',
};

describe('known options', () => {
  test('are exactly those tor --list-torrc-options prints', () => {
    const names = knownOptions.map((option) => option.name).toSorted();
    assert.deepEqual(names, lines('list-torrc-options-0.4.9.11.txt').toSorted());
  });

  test('have the types tor states on its control port', () => {
    const stated = lines('config-names-0.4.9.11.txt').filter((line) => !line.endsWith(' Virtual'));
    assert.deepEqual(knownOptions.map(({ name, type }) => `${name} ${torTypes[type]}`).toSorted(), stated.toSorted());
  });

  test('whatever a running tor refused to change is marked as needing a restart', () => {
    for (const name of lines('refused-while-running-0.4.9.11.txt')) {
      assert.equal(findOption(name)?.change, 'restart', name);
    }
    for (const name of ['ORPort', 'ExitPolicy', 'MyFamily', 'Log', 'NumCPUs', 'MaxMemInQueues']) {
      assert.equal(findOption(name)?.change, 'reload', name);
    }
  });

  test('tell relay options from the others', () => {
    assert.equal(findOption('ORPort')?.serverOnly, true);
    assert.equal(findOption('DirCache')?.serverOnly, true);
    assert.equal(findOption('SocksPort')?.serverOnly, false);
    assert.equal(findOption('Log')?.serverOnly, false);
  });

  test('are found in any case, by alias and by beginning, as tor does', () => {
    assert.equal(findOption('ORPORT')?.name, 'ORPort');
    assert.equal(findOption('dirserver')?.name, 'DirAuthority');
    assert.equal(findOption('Nick')?.name, 'Nickname');
    assert.equal(findOption('ExitPolicyReject')?.name, 'ExitPolicyRejectLocalInterfaces');
    assert.equal(findOption('Group'), undefined);
    assert.equal(findOption(''), undefined);
    assert.equal(findOption('constructor'), undefined);
  });

  test('obsolete ones are told apart', () => {
    for (const name of lines('obsolete-0.4.9.11.txt')) assert.ok(isObsoleteOption(name), name);
    assert.equal(isObsoleteOption('ORPort'), false);
  });

  test('a misspelt name gets the option meant, nonsense gets none', () => {
    assert.equal(suggestOption('BandwithRate'), 'BandwidthRate');
    assert.equal(suggestOption('ORport1'), 'ORPort');
    assert.equal(suggestOption('exitpolcy'), 'ExitPolicy');
    assert.equal(suggestOption('Completely/Different'), undefined);
    assert.equal(suggestOption('x'.repeat(10_000)), undefined);
  });
});
