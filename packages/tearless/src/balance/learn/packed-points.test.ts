import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderInner } from '@tearless/tor/hsdesc/build/inner.ts';
import { recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { makeContent, makeService, nowMs } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import type { LinkSpecifier } from '@tearless/tor/onion/link-specifier.ts';
import fc from 'fast-check';
import { packPoints, unpackPoints } from './packed-points.ts';

const service = makeService('worker');
const { inner } = makeContent('worker', service, 5);

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const link: fc.Arbitrary<LinkSpecifier> = fc.oneof(
  fc.record({ kind: fc.constant('ipv4' as const), address: fc.ipV4(), port: fc.nat(65_535) }),
  fc.record({ kind: fc.constant('ed25519-id' as const), id: bytes(32) }),
  fc.record({ kind: fc.constant('other' as const), type: fc.integer({ min: 4, max: 255 }), data: fc.uint8Array() }),
);

it('points certified anew are the same after packing as without, whatever their links and keys', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ linkSpecifiers: fc.array(link, { maxLength: 9 }), onionKey: bytes(32), encKey: bytes(32) }),
        {
          maxLength: 5,
        },
      ),
      (changes) => {
        const points = inner.introPoints.map((point, index) => ({ ...point, ...changes[index] }));
        const render = (of: typeof points) =>
          renderInner({
            ...inner,
            introPoints: of.map((point) => recertifyIntroPoint(point, service.signer, nowMs)),
          });
        assert.equal(render(unpackPoints(packPoints(points))), render(points));
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

it('has the length that they will have in a descriptor', () => {
  const unpacked = unpackPoints(packPoints(inner.introPoints));
  assert.equal(renderInner({ ...inner, introPoints: unpacked }).length, renderInner(inner).length);
  assert.ok(packPoints(inner.introPoints).length * 3 < renderInner(inner).length);
});

it('refuses what is cut off', () => {
  const packed = packPoints(inner.introPoints);
  for (const length of [1, 100, packed.length - 1])
    assert.throws(() => unpackPoints(packed.slice(0, length)), RangeError);
});
