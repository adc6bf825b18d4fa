import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { baseOf, findRoom, parseMaps } from './memory-map.ts';

const maps = `5561a0000000-5561a0040000 r--p 00000000 08:01 123456                     /usr/bin/tor
5561a0040000-5561a0400000 r-xp 00040000 08:01 123456                     /usr/bin/tor
5561a0800000-5561a0900000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000200000 r-xp 00000000 08:01 99 /usr/lib/a b.so (deleted)
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
`;
const page = 4096n;

describe('the memory of a process', () => {
  it('is read with what is mapped there, deleted files told apart', () => {
    const mappings = parseMaps(maps);
    assert.equal(mappings.length, 5);
    assert.equal(baseOf(mappings, '/usr/bin/tor'), 0x5561a0000000n);
    assert.deepEqual(mappings[3], {
      from: 0x7f0000000000n,
      to: 0x7f0000200000n,
      permissions: 'r-xp',
      offset: 0n,
      path: '/usr/lib/a b.so',
      isDeleted: true,
    });
    assert.equal(baseOf(mappings, '/usr/bin/nothing'), undefined);
  });

  it('of this very process is read', () => {
    const mappings = parseMaps(readFileSync('/proc/self/maps', 'utf8'));
    assert.ok(mappings.some(({ path, permissions }) => path === '[stack]' && permissions.startsWith('rw')));
  });

  it('has room just below the program, apart from it', () => {
    const at = findRoom(parseMaps(maps), '/usr/bin/tor', 0x100000n);
    assert.ok(at !== undefined && at % page === 0n);
    assert.ok(at + 0x100000n < 0x5561a0000000n && at > 0x5561a0000000n - 2n ** 30n);
  });

  it('has room between what lies below, and none where a gigabyte is full', () => {
    const crowded = `55619ff00000-55619fffe000 rw-p 00000000 00:00 0 \n55619f000000-55619f100000 rw-p 00000000 00:00 0 \n${maps}`;
    const at = findRoom(parseMaps(crowded), '/usr/bin/tor', 0x100000n);
    assert.ok(at !== undefined && at > 0x55619f100000n && at + 0x100000n < 0x55619ff00000n);
    const full = `556150000000-5561a0000000 rw-p 00000000 00:00 0 \n${maps}`;
    assert.equal(findRoom(parseMaps(full), '/usr/bin/tor', 0x100000n), undefined);
  });
});
