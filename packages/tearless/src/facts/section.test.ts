import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FactsError } from './error.ts';
import { type Section, splitSections } from './section.ts';
import { renderOutput } from './testing/recordings.ts';

const nonce = '0123456789abcdef0123456789abcdef';
const other = 'fedcba9876543210fedcba9876543210';

const asText = (sections: ReadonlyMap<string, Section>): unknown =>
  [...sections.values()].map(({ name, bytes, exitCode }) => ({
    name,
    exitCode,
    bytes: Buffer.from(bytes).toString('latin1'),
  }));

// What somebody could write into a torrc to end its section early: frames of every form, with a nonce that is not the one.
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        `${other} end os 0\n`,
        `\n${other} end os 0\n`,
        `${other} done\n`,
        `${other} begin units\n`,
        '\n',
        'x',
      ),
      { maxLength: 12 },
    )
    .map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
);

const anySections = fc
  .uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]+(-[a-z]+){0,2}$/),
      bytes: hostile,
      exitCode: fc.integer({ min: 0, max: 255 }),
    }),
    { selector: (section) => section.name, maxLength: 6 },
  )
  .map((list) => new Map(list.map((section) => [section.name, section])));

describe('the framing of sections', () => {
  it('gives back any bytes, also such as look like frames', () => {
    fc.assert(
      fc.property(anySections, (sections) => {
        assert.deepEqual(asText(splitSections(renderOutput(sections, nonce), nonce)), asText(sections));
      }),
      { seed: 1 },
    );
  });

  it('refuses output that was cut short at any byte', () => {
    const output = renderOutput(
      new Map([
        ['os', { name: 'os', bytes: Buffer.from('ID=debian\n'), exitCode: 0 }],
        ['kernel', { name: 'kernel', bytes: Buffer.from('6.1 x86_64\n'), exitCode: 1 }],
      ]),
      nonce,
    );
    for (let length = 0; length < output.length; length += 1)
      assert.throws(() => splitSections(output.subarray(0, length), nonce), FactsError, `${length} bytes`);
  });

  it('refuses output that was framed with another nonce', () => {
    assert.throws(
      () => splitSections(renderOutput(new Map(), other), nonce),
      /fact frame: expected a section at byte 0/,
    );
  });

  it('refuses a section that comes twice', () => {
    const twice = `${nonce} begin os\n\n${nonce} end os 0\n`.repeat(2);
    assert.throws(() => splitSections(Buffer.from(`${twice}${nonce} done\n`), nonce), /fact os: expected a section/);
  });

  it('refuses anything behind the last frame', () => {
    const output = Buffer.concat([renderOutput(new Map(), nonce), Buffer.from('more\n')]);
    assert.throws(() => splitSections(output, nonce), FactsError);
  });
});
