import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { torrcFuzz } from '../../fuzz/torrc.ts';
import { TorError } from '../error.ts';
import { optionNodes, parseTorrc, renderTorrc } from './syntax.ts';
import { torrcTexts } from './testing/torrc-texts.ts';

const testdata = new URL('../../testdata/torrc/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, testdata), 'utf8');

describe('torrc syntax', () => {
  const valid = readdirSync(new URL('valid/', testdata)).filter((name) => name.endsWith('.torrc'));
  assert.ok(valid.length > 10);
  for (const name of valid) {
    test(`${name}: options, values and lines are as recorded, and the text survives`, () => {
      const text = read(`valid/${name}`);
      const tree = parseTorrc(text);
      const found = optionNodes(tree).map((node) => [node.line, node.prefix + node.name, node.value]);
      const expected = read(`valid/${name.replace(/torrc$/, 'options')}`)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      assert.deepEqual(found, expected);
      assert.equal(renderTorrc(tree), text);
    });
  }

  const refused: Record<string, { code: string; line: number }> = JSON.parse(read('unparseable/expected.json'));
  const unparseable = readdirSync(new URL('unparseable/', testdata)).filter((name) => name.endsWith('.torrc'));
  test('every file that must be refused has its error recorded', () => {
    assert.deepEqual(unparseable.toSorted(), Object.keys(refused).toSorted());
  });
  for (const [name, { code, line }] of Object.entries(refused)) {
    test(`${name} is refused with ${code} at line ${line}`, () => {
      assert.throws(
        () => parseTorrc(read(`unparseable/${name}`)),
        (error) => {
          assert.ok(error instanceof TorError);
          assert.deepEqual([error.code, error.line, error.place], [code, line, 'config']);
          assert.match(error.message, new RegExp(`line ${line}:`));
          assert.ok(error.hint);
          return true;
        },
      );
    });
  }

  test('an error never shows the value, which may be a password', () => {
    assert.throws(
      () => parseTorrc('HashedControlPassword "16:SECRET\n'),
      (error) => error instanceof TorError && !`${error.message}${error.hint}`.includes('SECRET'),
    );
  });

  test('rendering what was parsed gives the same bytes', () => {
    fc.assert(
      fc.property(torrcTexts, (text) => {
        try {
          assert.equal(renderTorrc(parseTorrc(text)), text);
        } catch (error) {
          if (!(error instanceof TorError)) throw error;
          fc.pre(false);
        }
      }),
      { seed: 1, numRuns: 3000, maxSkipsPerRun: 1000 },
    );
  });

  test('lines are numbered as in an editor', () => {
    fc.assert(
      fc.property(torrcTexts, (text) => {
        let nodes: ReturnType<typeof parseTorrc>['nodes'];
        try {
          nodes = parseTorrc(text).nodes;
        } catch (error) {
          if (!(error instanceof TorError)) throw error;
          return;
        }
        let line = 1;
        for (const node of nodes) {
          assert.equal(node.line, line);
          line += renderTorrc({ nodes: [node] }).split('\n').length - 1;
        }
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test('no mutated file makes it throw anything but TorError', () => {
    const result = fuzz({ ...torrcFuzz, iterations: 3000, seed: 1 });
    assert.ok(result.accepted > 300, JSON.stringify(result));
    assert.ok(result.refused > 100, JSON.stringify(result));
  });
});
