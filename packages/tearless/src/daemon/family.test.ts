import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FamilyMember, findFamilyProblems } from './family.ts';

const fingerprint = (letter: string): string => letter.repeat(40);
const member = (letter: string, torrc: string): FamilyMember => ({
  id: `h1/${letter.toLowerCase()}`,
  fingerprint: fingerprint(letter),
  nickname: `relay${letter}`,
  torrc: [{ path: '/etc/tor/torrc', text: torrc }],
});
const codes = (members: readonly FamilyMember[]) =>
  findFamilyProblems(members).map(({ code, subjects }) => [code, ...subjects]);
const all = `MyFamily $${fingerprint('A')},${fingerprint('B').toLowerCase()}\nMyFamily ${fingerprint('C')}~relayC\n`;

test('a fleet that names itself completely is in order', () => {
  assert.deepEqual(codes([member('A', all), member('B', all), member('C', all)]), []);
  assert.deepEqual(codes([member('A', '')]), []);
});

test('relays without any family are named', () => {
  assert.deepEqual(codes([member('A', all), member('B', 'Nickname b\n'), member('C', all)]), [
    ['family-missing', 'h1/b'],
  ]);
});

test('a relay that does not answer those that name it is one-sided', () => {
  const found = findFamilyProblems([member('A', all), member('B', `MyFamily ${fingerprint('A')}\n`), member('C', all)]);
  assert.deepEqual(
    found.map(({ code, subjects }) => [code, ...subjects]),
    [['family-one-sided', 'h1/b']],
  );
  assert.match(found[0]?.message ?? '', /h1\/b does not name .*h1\/c/);
});

test('relays of which neither names the other are incomplete', () => {
  const onlyC = `MyFamily ${fingerprint('C')}\n`;
  assert.deepEqual(codes([member('A', onlyC), member('B', onlyC), member('C', all)]), [
    ['family-incomplete', 'h1/a', 'h1/b'],
  ]);
});

test('a shared FamilyId and nicknames count as naming each other', () => {
  assert.deepEqual(codes([member('A', 'FamilyId abc\nFamilyId def\n'), member('B', 'FamilyId def\n')]), []);
  assert.deepEqual(codes([member('A', 'MyFamily RELAYB\n'), member('B', 'MyFamily relaya\n')]), []);
});

test('a relay whose torrc cannot be read whole is unknown, not silent', () => {
  const found = codes([member('A', all), member('B', '%include /root/secret\n'), member('C', all)]);
  assert.deepEqual(found, [['family-unknown', 'h1/b']]);
});

test('a thousand relays are judged at once', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => index.toString(16).toUpperCase().padStart(40, '0'));
  const line = `MyFamily ${ids.slice(0, 999).join(',')}\n`;
  const members = ids.map(
    (id): FamilyMember => ({
      id,
      fingerprint: id,
      torrc: [{ path: '/etc/tor/torrc', text: line }],
    }),
  );
  const found = findFamilyProblems(members);
  assert.deepEqual(
    found.map(({ code, subjects }) => [code, subjects.length]),
    [['family-one-sided', 999]],
  );
});
