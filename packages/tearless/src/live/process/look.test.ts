import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeLook } from './look.ts';

const maps = '5561a0000000-5561a0040000 r--p 00000000 08:01 123456                     /usr/lib/t r\n';
const head = `812 99 0011223344556677 5561a0000000 ${maps.length} /usr/lib/t r\n`;

it('an answer has the process, its mappings and the memory asked for', () => {
  const look = decodeLook(Buffer.from(`${head}${maps}ABCDEFGH`), [{ address: 0x1000n, lengthBytes: 8 }], 'h1');
  assert.deepEqual(
    [look.pid, look.startTicks, look.buildId, look.base, look.path],
    [812, 99n, '0011223344556677', 0x5561a0000000n, '/usr/lib/t r'],
  );
  assert.equal(look.mappings.length, 1);
  assert.equal(Buffer.from(look.memory.read(0x1002n, 3)).toString(), 'CDE');
});

it('an answer that is cut off or has more than was asked for is refused', () => {
  const ranges = [{ address: 0x1000n, lengthBytes: 8 }];
  for (const answer of ['', head, `${head}${maps}`, `${head}${maps}ABCDEFG`, `${head}${maps}ABCDEFGHI`, 'nothing\n'])
    assert.throws(() => decodeLook(Buffer.from(answer), ranges, 'h1'), { code: 'live-look-strange' });
});

it('a program without a build-id has none', () => {
  const answer = `812 99 - 5561a0000000 ${maps.length} /usr/lib/t r\n${maps}`;
  assert.equal(decodeLook(Buffer.from(answer), [], 'h1').buildId, undefined);
});
