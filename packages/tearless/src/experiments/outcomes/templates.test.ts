import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildMeasurements, instants } from '../testing/build-measurements.ts';
import { bytesCarried } from './bytes-carried.ts';
import { circuitsCut } from './circuits-cut.ts';
import { hsDirHours } from './hsdir-hours.ts';
import { liveUpdateAgainstRestart } from './templates.ts';

const hour = 3_600_000;
const window = { fromMs: 0, toMs: 24 * hour };
const atMs = instants(0, hour, 25);
const even = atMs.map(() => 1000);

const only = (relay: Parameters<typeof buildMeasurements>[0]['relays'][number]) =>
  buildMeasurements({ relays: [relay] });

const seen = (hours: readonly number[], flags: readonly string[]) =>
  hours.map((at) => ({ atMs: at * hour, flags: [...flags] }));

describe('hours as HSDir', () => {
  const figureOf = (flags: ReturnType<typeof seen>) =>
    hsDirHours.figureOf(only({ id: 'a', atMs, rssKib: even, flags }), 0, window);
  const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

  it('counts each sighting until the next', () => {
    assert.equal(figureOf([...seen(hours(0, 6), ['HSDir']), ...seen(hours(6, 24), ['Running'])]), 6);
    assert.equal(figureOf(seen(hours(0, 24), ['HSDir', 'Running'])), 24);
    assert.equal(figureOf(seen(hours(0, 24), [])), 0);
  });

  it('takes time that nobody saw as unknown, and says nothing when that is most of it', () => {
    // sixteen hours seen, half of them with the flag
    assert.equal(
      figureOf(
        [...seen(hours(0, 8), ['HSDir']), ...seen(hours(16, 24), ['Running'])].filter(
          ({ atMs: at }) => at !== 7 * hour,
        ),
      ),
      (24 * 9) / 17,
    );
    assert.equal(figureOf(seen([0, 1, 2], ['HSDir'])), undefined);
    assert.equal(figureOf([]), undefined);
  });
});

describe('bytes carried', () => {
  const figureOf = (writtenBytes: readonly number[], at = atMs) =>
    bytesCarried.figureOf(only({ id: 'a', atMs: at, rssKib: at.map(() => 1), figures: { writtenBytes } }), 0, window);

  it('is what the counter grew by, restarts included', () => {
    assert.equal(figureOf(atMs.map((_, index) => 5000 + index * 100)), 2400);
    // restarted at hour 10: nine steps of 100, then 50 of the new process, then fourteen steps
    assert.equal(figureOf(atMs.map((_, index) => (index < 10 ? 5000 + index * 100 : 50 + (index - 10) * 100))), 2350);
  });

  it('leaves out samples without the figure, and windows that are hardly measured', () => {
    assert.equal(figureOf(atMs.map((_, index) => (index % 2 === 1 ? Number.NaN : index * 100))), 2400);
    assert.equal(figureOf([0, 100, 200], [0, hour, 2 * hour]), undefined);
    assert.equal(bytesCarried.figureOf(only({ id: 'a', atMs, rssKib: even }), 0, window), undefined);
  });
});

describe('circuits cut', () => {
  const relay = (startedMs: readonly number[]) =>
    only({ id: 'a', atMs, rssKib: even, figures: { startedMs, connections: atMs.map((_, index) => 100 + index) } });

  it('are those on connections open when a process ends', () => {
    const restarted = atMs.map((ms) => (ms < 10 * hour ? -hour : 9.5 * hour));
    assert.equal(circuitsCut.figureOf(relay(restarted), 0, window), 109);
  });

  it('are none where the process goes on', () => {
    assert.equal(circuitsCut.figureOf(relay(atMs.map(() => -hour)), 0, window), 0);
  });

  it('are unknown where a process began before anybody looked at the one before it', () => {
    assert.equal(
      circuitsCut.figureOf(relay(atMs.map(() => 60_000)), 0, { fromMs: 30_000, toMs: 24 * hour }),
      undefined,
    );
    const seenBefore = atMs.map((ms) => (ms === 0 ? -hour : 60_000));
    assert.equal(circuitsCut.figureOf(relay(seenBefore), 0, { fromMs: 30_000, toMs: 24 * hour })?.toFixed(1), '104.3');
  });

  it('are unknown where connections were not measured', () => {
    assert.equal(circuitsCut.figureOf(only({ id: 'a', atMs, rssKib: even }), 0, window), undefined);
  });
});

describe('the template', () => {
  it('has its three outcomes, each with a definition and a direction', () => {
    assert.deepEqual(
      liveUpdateAgainstRestart.outcomes.map(({ id, better }) => `${id} ${better}`),
      ['hsDirHours higher', 'bytesCarried higher', 'circuitsCut lower'],
    );
    for (const { definition } of liveUpdateAgainstRestart.outcomes) assert.ok(definition.length > 50);
    assert.ok(Object.hasOwn(liveUpdateAgainstRestart.arms, liveUpdateAgainstRestart.control));
  });
});
