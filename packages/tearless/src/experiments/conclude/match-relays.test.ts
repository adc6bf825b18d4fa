// Relays of an experiment are found in the fleet by what tells them apart, and never by a guess.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchRelays } from './match-relays.ts';

const [one, two] = ['A'.repeat(40), 'B'.repeat(40)];
const fleet = [
  { id: 'h1/a', instance: 'a', fingerprint: one },
  { id: 'h2/a', instance: 'a', fingerprint: two },
  { id: 'h1/b', instance: 'b' },
];

describe('a relay of an experiment', () => {
  it('is the one of its id, else of its fingerprint, else of a nickname that one alone has', () => {
    const { armOf, missing } = matchRelays(
      [
        { id: 'h1/a', nickname: 'x', arm: 'A' },
        { id: 'other', nickname: 'renamed', fingerprint: two, arm: 'B' },
        { id: 'b', nickname: 'b' },
      ],
      fleet,
    );
    assert.deepEqual(
      [...armOf],
      [
        ['h1/a', 'A'],
        ['h2/a', 'B'],
        ['h1/b', undefined],
      ],
    );
    assert.deepEqual(missing, []);
  });

  it('is missing where two have its nickname, or where the fingerprint is another', () => {
    const { armOf, missing } = matchRelays(
      [
        { id: 'a', nickname: 'a', arm: 'A' },
        { id: 'c', nickname: 'c', arm: 'A' },
      ],
      fleet,
    );
    assert.deepEqual([[...armOf], missing], [[], ['a', 'c']]);
    const strange = matchRelays([{ id: 'a', nickname: 'a', fingerprint: 'C'.repeat(40) }], fleet.slice(0, 1));
    assert.deepEqual(strange.missing, ['a']);
  });
});
