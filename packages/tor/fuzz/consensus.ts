// Fuzz target: consensus documents of both flavours. What parses must survive rendering and parsing again.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseConsensus } from '../src/netdoc/consensus.ts';
import { renderConsensus } from '../src/netdoc/render-consensus.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = (name: string) => fileURLToPath(new URL(`../testdata/netdoc/${name}`, import.meta.url));

export const consensusFuzz: FuzzOptions = {
  name: 'consensus',
  corpus: [...readCorpus(folder('consensus')), ...readCorpus(folder('consensus/unparseable'))],
  target: (bytes) => {
    const consensus = parseConsensus(new TextDecoder().decode(bytes));
    assert.deepEqual(parseConsensus(renderConsensus(consensus)), consensus);
  },
};

if (import.meta.main) fuzzMain(consensusFuzz);
