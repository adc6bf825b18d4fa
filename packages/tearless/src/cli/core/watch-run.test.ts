// A run at a terminal that is redrawn: what a step cost stays above the picture, which goes on to other relays.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { systemClock } from '../../base/clock.ts';
import type { CommandContext } from './context.ts';
import { createOutput } from './output.ts';
import { samplePlan } from './render/testing/sample-plan.ts';
import { watchRun } from './watch-run.ts';

const step = { id: 'inject', kind: 'live.inject', symbol: '~', summary: 'becomes tor 2', params: {} } as const;
const items = ['h1/a', 'h1/b'].map((id) => ({ id, subject: id, host: 'h1', steps: [step], gates: [], undoGates: [] }));
const plan = samplePlan(items);

it('at a terminal what each relay’s update cost is still to be read when the next one has its turn', () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  const surroundings = { stderr, clock: systemClock };
  const output = createOutput({ stdin, stdout, stderr }, { json: false, color: false, env: {} });
  assert.ok(output.live);
  const watcher = watchRun({ output, surroundings } as unknown as CommandContext, { run: 'r1', plan }, undefined);
  for (const [batch, { id: item }] of items.entries()) {
    watcher.onEvent({ kind: 'batch.started', batch, items: [item] });
    const evidence = { pauseUs: 1_500 * (batch + 1), mappedBytes: 2_000_000 };
    watcher.onEvent({ kind: 'step.verified', item, step: 'inject', evidence });
    watcher.onEvent({ kind: 'item.done', item, changed: true });
  }
  watcher.close();
  const lines = stripVTControlCharacters(String(stderr.read())).split('\n');
  assert.deepEqual(lines.slice(0, 2), [
    'h1/a: becomes tor 2: stood still for 1.5 ms, 2.00 MB mapped',
    'h1/b: becomes tor 2: stood still for 3.0 ms, 2.00 MB mapped',
  ]);
  assert.ok(lines.some((line) => line.includes('✔ h1/b')));
});
