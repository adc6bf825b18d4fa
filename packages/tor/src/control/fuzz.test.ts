// A short run of the fuzz target with a fixed seed, and tests of the fuzz harness itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlMessageFuzz } from '../../fuzz/control-message.ts';
import { FuzzFinding, fuzz } from '../../fuzz/harness.ts';
import { TorError } from '../error.ts';

test('mutated control-port traffic is read or refused, never anything else', () => {
  const result = fuzz({ ...controlMessageFuzz, iterations: 3000, seed: 1 });
  assert.equal(result.iterations, 3000);
  assert.ok((result.codes['control-bad-line'] ?? 0) > 0, 'no input broke the framing');
  assert.ok((result.codes['control-bad-event'] ?? 0) > 0, 'no input broke an event');
  assert.ok(result.accepted > 0, 'no input was good');
});

const corpus = [Buffer.from('one two\n'), Buffer.from('three\n')];

test('the harness gives the same inputs for the same seed, others for another', () => {
  const inputs = (seed: number) => {
    const seen: string[] = [];
    fuzz({
      name: 'x',
      corpus,
      seed,
      iterations: 200,
      target: (bytes) => seen.push(Buffer.from(bytes).toString('base64')),
    });
    return seen;
  };
  assert.deepEqual(inputs(7), inputs(7));
  assert.notDeepEqual(inputs(7), inputs(8));
  assert.ok(new Set(inputs(7)).size > 100, 'hardly anything was mutated');
  assert.equal(inputs(7)[1], corpus[1]?.toString('base64'), 'the corpus itself was not tried');
});

test('the harness takes TorError as a refusal and reports anything else with the input', () => {
  const refuse = () => {
    throw new TorError('no', { kind: 'protocol', code: 'control-x', place: 'tor' });
  };
  assert.deepEqual(fuzz({ name: 'x', corpus, iterations: 10, target: refuse }).codes, { 'control-x': 10 });
  const crash = (bytes: Uint8Array) => {
    if (!Buffer.from(bytes).includes('two')) throw new RangeError('boom');
  };
  assert.throws(
    () => fuzz({ name: 'x', corpus, iterations: 10, target: crash }),
    (error) =>
      error instanceof FuzzFinding &&
      error.cause instanceof RangeError &&
      error.message.includes(corpus[1]?.toString('base64') ?? '?') &&
      Buffer.from(error.input).equals(corpus[1] ?? Buffer.alloc(0)),
  );
});

test('the harness limits the length of inputs and needs a corpus', () => {
  const doubling = [Buffer.alloc(900, 'a\n')];
  fuzz({
    name: 'x',
    corpus: doubling,
    iterations: 300,
    maxBytes: 1000,
    target: (bytes) => assert.ok(bytes.length <= 1000),
  });
  assert.throws(() => fuzz({ name: 'x', corpus: [], iterations: 1, target: () => {} }), RangeError);
});
