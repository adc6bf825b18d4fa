import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LabError } from '../base/lab-error.ts';
import { parseRelayList } from './relay-list.ts';

const text = `r relay2 UxKoQCn/WZGn5aW8+YKuUM3SK9E Eul7wKCDa3QP2+ZaAe4h051ZvuU 2038-01-01 00:00:00 127.77.1.135 9001 0
s Exit Fast Running Valid
w Bandwidth=0
r authority0 gsDL0dOxoyjDEgFjgYcONhAj+E8 Z/gnT+/on3TEpsaFNb49eLqq9fs 2038-01-01 00:00:00 127.77.1.130 9001 9030
s Authority Running
w Bandwidth=0
`;

suite('list of relays', () => {
  test('each relay has its fingerprint, name and flags', () => {
    assert.deepEqual(parseRelayList(text), [
      {
        fingerprint: '5312A84029FF5991A7E5A5BCF982AE50CDD22BD1',
        nickname: 'relay2',
        flags: new Set(['Exit', 'Fast', 'Running', 'Valid']),
      },
      {
        fingerprint: '82C0CBD1D3B1A328C312016381870E361023F84F',
        nickname: 'authority0',
        flags: new Set(['Authority', 'Running']),
      },
    ]);
  });

  test('an empty list is empty', () => assert.deepEqual(parseRelayList(''), []));

  test('an entry without an identity is refused', () => assert.throws(() => parseRelayList('r relay2 xx'), LabError));
});
