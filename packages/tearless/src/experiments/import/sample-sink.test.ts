// Samples that are written in several segments: what came before is known, whatever order rows come in.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StoredBlock } from '../../store/experiment-sources.ts';
import { parseHead, SampleHead } from '../load/block-heads.ts';
import { loadSamples } from '../load/load-samples.ts';
import { decodeSamples } from '../load/sample-block.ts';
import { ProblemLog } from './problem-log.ts';
import { type ReadBack, SampleSink } from './sample-sink.ts';

interface Row {
  readonly relay: string;
  readonly atMs: number;
  readonly rss: number;
}

/** Writes rows in segments of a few, and loads them again. */
const through = async (rows: readonly Row[], segment: number) => {
  const log = new ProblemLog('file');
  const sink = new SampleSink(log);
  const blocks: StoredBlock[] = [];
  let readBacks = 0;
  const readBack: ReadBack = async function* (fromMs, toMs) {
    readBacks += 1;
    for (const block of [...blocks])
      if (block.fromMs <= toMs && block.toMs >= fromMs)
        yield { head: parseHead(SampleHead, block.head), columns: decodeSamples(block.data, block.rows) };
  };
  for (const [index, { relay, atMs, rss }] of rows.entries()) {
    const row = sink.rows.add(sink.relayOf(relay, ''), atMs, index + 1);
    sink.rows.rssKib[row] = rss;
    sink.countServer('host', atMs);
    if ((index + 1) % segment === 0) blocks.push(...(await sink.flush(readBack)));
  }
  blocks.push(...(await sink.flush(readBack)));
  const names = [...new Set(rows.map(({ relay }) => relay))];
  const { samples, overlaps } = await loadSamples(
    blocks.map((block) => ({
      head: parseHead(SampleHead, block.head),
      source: 0,
      figures: [],
      read: async () => decodeSamples(block.data, block.rows),
    })),
    { relays: names.length, relayOf: ({ nickname }) => names.indexOf(nickname), armOf: () => 0, proofOf: () => 0 },
  );
  return { names, samples, overlaps, log, readBacks, blocks };
};

describe('samples in several segments', () => {
  it('are each kept once: the first of an instant, wherever the segments are cut', async () => {
    const row = fc.record({
      relay: fc.constantFrom('a', 'b', 'c'),
      atMs: fc.nat(12),
      rss: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 15 }), async (rows, segment) => {
        const { names, samples, overlaps, log } = await through(rows, segment);
        assert.deepEqual(overlaps, []);
        const expected = new Map<string, Row & { readonly line: number }>();
        const twice: [number, boolean][] = [];
        for (const [index, each] of rows.entries()) {
          const key = `${each.relay} ${each.atMs}`;
          const first = expected.get(key);
          if (first === undefined) expected.set(key, { ...each, line: index + 1 });
          else twice.push([index + 1, first.rss === each.rss]);
        }
        for (const [index, name] of names.entries()) {
          const own = [...expected.values()].filter(({ relay }) => relay === name).sort((a, b) => a.atMs - b.atMs);
          assert.deepEqual(
            [...(samples[index]?.atMs ?? [])],
            own.map(({ atMs }) => atMs),
          );
          assert.deepEqual(
            [...(samples[index]?.rssKib ?? [])],
            own.map(({ rss }) => rss),
          );
        }
        assert.deepEqual(
          log.list().map(({ line, same }) => [line, same]),
          twice,
        );
      }),
      { seed: 23, numRuns: 300 },
    );
  });

  it('that come newest first need nothing read back', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => ({ relay: 'a', atMs: 100 - index, rss: 1 }));
    assert.equal((await through(rows, 7)).readBacks, 0);
    assert.equal((await through([...rows].reverse(), 7)).readBacks, 0);
  });

  it('tell how many rows carried a server’s name', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => ({ relay: 'a', atMs: index % 10, rss: 1 }));
    const { blocks } = await through(rows, 7);
    const spans = blocks.flatMap(({ head }) => parseHead(SampleHead, head).servers);
    assert.ok(spans.every(({ server }) => server === 'host'));
    assert.ok(spans.reduce((sum, { rows: counted }) => sum + counted, 0) <= 30);
  });
});
