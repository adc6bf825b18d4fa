import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderInner } from '@tearless/tor/hsdesc/build/inner.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { makeContent, makeService } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import {
  countThatFits,
  descriptorBytes,
  pagesBelow,
  pagesFor,
  pagesOfPlainService,
  plainFrame,
  pointBytes,
} from './size.ts';
import { introPointNamed } from './testing/layouts.ts';

describe('the size of a descriptor', () => {
  const service = makeService('size');
  for (const points of [0, 3, 8, 9, 20])
    it(`with ${points} points is the one that is built, but for the digits of the counter`, () => {
      const made = makeContent('size', service, points);
      const content = { ...made, revisionCounter: 2n ** 64n - 2n };
      const text = encodeDescriptor(content, { keys: service.keys, signer: service.signer });
      assert.equal(text.length, descriptorBytes(pagesFor(renderInner(content.inner).length, 16)));
      const sizes = content.inner.introPoints.map(pointBytes);
      const header = renderInner({ ...content.inner, introPoints: [] }).length;
      assert.equal(header + sizes.reduce((sum, size) => sum + size, 0), renderInner(content.inner).length);
      assert.ok(header <= plainFrame.innerBytes);
    });

  it('has steps; three are below 50,000 bytes', () => {
    assert.equal(pagesBelow(50_000), 3);
    assert.equal(pagesBelow(descriptorBytes(2)), 1);
    assert.equal(pagesBelow(descriptorBytes(2) + 1), 2);
  });

  it('is a plain service’s with eight points, also at relays with two addresses', () => {
    const sizes = Array.from({ length: 40 }, (_, index) => pointBytes(introPointNamed(`point ${index}`)));
    assert.equal(sizes[0], 770);
    assert.equal(countThatFits(sizes, pagesOfPlainService(16), plainFrame), 8);
    assert.equal(countThatFits(sizes, 3, plainFrame), 27);
    assert.equal(countThatFits(sizes.slice(0, 20), 3, plainFrame), 20);
  });
});
