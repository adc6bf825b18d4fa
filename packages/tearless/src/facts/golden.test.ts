// Recorded outputs of real hosts, one folder a distribution, against what the parsers make of them. Set TEARLESS_GOLDEN=write to
// write the expected values anew; look at the difference before it is committed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseHostFacts } from './host-facts.ts';
import { facts } from './script.ts';
import { parseSection } from './testing/parse-section.ts';
import { readRecording, recordings, testdata } from './testing/recordings.ts';

const rewrite = process.env.TEARLESS_GOLDEN === 'write';

const plain = (_: string, value: unknown): unknown => {
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...value] : value;
};

const check = (file: URL, actual: unknown): void => {
  const text = `${JSON.stringify(actual, plain, 2)}\n`;
  if (rewrite) writeFileSync(file, text);
  assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(file, 'utf8')));
};

for (const name of recordings) {
  describe(`recording of ${name}`, () => {
    it('holds every fact of the script and no other', () => {
      const present = readdirSync(new URL(`${name}/`, testdata)).filter((file) => file.endsWith('.txt'));
      assert.deepEqual(present.sort(), facts.map((fact) => `${fact.name}.txt`).sort());
    });

    const sections = readRecording(name);
    for (const fact of facts)
      it(`gives the expected ${fact.name}`, () => {
        check(new URL(`${name}/${fact.name}.json`, testdata), parseSection(fact.name, sections) ?? null);
      });

    it('gives the expected facts of the host', () => {
      check(new URL(`${name}/host.json`, testdata), parseHostFacts(name, sections));
    });
  });
}
