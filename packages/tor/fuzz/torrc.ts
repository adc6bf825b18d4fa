// Fuzz target: torrc text. What parses must render back byte for byte and must survive an edit.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { getOption, setOption } from '../src/torrc/edit.ts';
import { flattenTorrc } from '../src/torrc/flatten.ts';
import { parseTorrc, renderTorrc } from '../src/torrc/syntax.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = (name: string) => fileURLToPath(new URL(`../testdata/torrc/${name}`, import.meta.url));

export const torrcFuzz: FuzzOptions = {
  name: 'torrc',
  corpus: [...readCorpus(folder('valid')), ...readCorpus(folder('unparseable'))],
  target: (bytes) => {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const tree = parseTorrc(text);
    assert.equal(renderTorrc(tree), text);
    flattenTorrc(tree, (_, from) => (from.file === 'torrc' ? [{ path: 'included', text }] : []));
    assert.deepEqual(getOption(setOption(tree, 'ORPort', ['443', '# 9001']), 'ORPort'), ['443', '# 9001']);
  },
};

if (import.meta.main) fuzzMain(torrcFuzz);
