// Fuzz target: consensus documents of both flavours, and bare router status entries as GETINFO gives them.
// What parses must survive rendering and parsing again.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseConsensus } from '../src/netdoc/consensus.ts';
import { renderConsensus } from '../src/netdoc/render-consensus.ts';
import { parseRouterStatuses, renderRouterStatus } from '../src/netdoc/router-status.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = (name: string) => fileURLToPath(new URL(`../testdata/netdoc/${name}`, import.meta.url));

export const consensusFuzz: FuzzOptions = {
  name: 'consensus',
  corpus: ['consensus', 'consensus/unparseable', 'router-status', 'router-status/unparseable'].flatMap((name) =>
    readCorpus(folder(name)),
  ),
  target: (bytes) => {
    const text = new TextDecoder().decode(bytes);
    if (text.startsWith('r ')) {
      const statuses = parseRouterStatuses(text);
      assert.deepEqual(parseRouterStatuses(statuses.map(renderRouterStatus).join('')), statuses);
      return;
    }
    const consensus = parseConsensus(text);
    assert.deepEqual(parseConsensus(renderConsensus(consensus)), consensus);
  },
};

if (import.meta.main) fuzzMain(consensusFuzz);
