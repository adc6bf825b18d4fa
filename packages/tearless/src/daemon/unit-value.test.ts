import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DaemonError } from './daemon-error.ts';
import { decodeEnvironment, encodeEnvironment } from './unit-value.ts';

const golden = (name: string): string => readFileSync(new URL(`testdata/environment/${name}`, import.meta.url), 'utf8');

test('quotes, backslashes, percent signs and spaces are written as systemd reads them', () => {
  const variables: Record<string, string> = JSON.parse(golden('quoting.json'));
  assert.equal(`[Service]\nEnvironment=${encodeEnvironment(variables)}\n`, golden('quoting.conf'));
});

const printable = (text: string): boolean => !/\p{Cc}/u.test(text);
const value = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('%', '"', "'", '\\', ' ', '$', 'n', 'x41', '#', '='), maxLength: 40 }),
  )
  .filter(printable);
const variable = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/).filter((name) => name !== '__proto__');

test('any environment is read back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(variable, value, { maxKeys: 5, noNullPrototype: true }), (variables) => {
      assert.deepEqual(Object.fromEntries(decodeEnvironment(encodeEnvironment(variables)) ?? []), variables);
    }),
    { seed: 20251226, numRuns: 500 },
  );
});

test('what cannot stand in a unit file is refused', () => {
  const refused = [
    { A: 'x\nUser=root' },
    { A: 'x\0' },
    { A: '\u0085' },
    { A: '\ud800' },
    { 'A=B': 'x' },
    { '7A': 'x' },
    { '': 'x' },
  ];
  for (const variables of refused) {
    assert.throws(
      () => encodeEnvironment(variables as unknown as Record<string, string>),
      (error) => error instanceof DaemonError && error.code === 'daemon-bad-environment',
      JSON.stringify(variables),
    );
  }
});

test('words are split as systemd splits them', () => {
  const decode = (text: string) => decodeEnvironment(text) && Object.fromEntries(decodeEnvironment(text) ?? []);
  assert.deepEqual(decode(`A=1 "B=two words" 'C=a"b' D=x\\x41y E=a\\tb F=%%i%i`), {
    A: '1',
    B: 'two words',
    C: 'a"b',
    D: 'xAy',
    E: 'a\tb',
    F: '%i%i',
  });
  assert.deepEqual(decode('A=1 not-a-name=2 =3 B'), { A: '1' });
  assert.equal(decode('A="unclosed'), undefined);
  assert.equal(decode('A=\\q'), undefined);
});
