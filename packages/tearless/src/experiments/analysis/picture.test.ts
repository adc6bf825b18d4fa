import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BuiltRelay, buildMeasurements, instants } from '../testing/build-measurements.ts';
import { type AnalysisOptions, analyseInDetail } from './analyse.ts';
import { pictureOf } from './picture.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);

const relaysOf = (arm: string, relays: number, count: number, everyMs = hourMs): BuiltRelay[] =>
  Array.from({ length: relays }, (_, index) => ({
    id: `h1/${arm}${index}`,
    nickname: `${arm}${index}`,
    arm,
    atMs: instants(start, everyMs, count),
    rssKib: Array.from({ length: count }, (_, at) => 1_000 + index + at),
  }));

const pictureFrom = (relays: readonly BuiltRelay[], options: Partial<AnalysisOptions> = {}) => {
  const measurements = buildMeasurements({ relays, info: { id: 'an experiment', hypothesis: 'less' } });
  const analysis = analyseInDetail(measurements, { seed: "it's", ...options }, []);
  return pictureOf(measurements, analysis, [], [{ name: 'a.csv', sha256: '00', rows: 3 }]);
};

describe('pictureOf', () => {
  it('has a timeline an arm in at most 400 bins, however many samples there are', () => {
    const { timelines } = pictureFrom([...relaysOf('A', 5, 5_000), ...relaysOf('Z', 3, 5_000)]);
    assert.deepEqual(
      timelines.map(({ arm, atMs }) => [arm, atMs.length]),
      [
        ['A', 400],
        ['Z', 400],
      ],
    );
    const [five, three] = timelines;
    assert.ok(five?.lowBytes.every((low, bin) => low < (five.meanBytes[bin] ?? 0)));
    assert.ok(three?.lowBytes.every(Number.isNaN), 'three relays have no interval');
    const first = five?.meanBytes[0] ?? 0;
    // The first bin holds the first 13 samples of relays at 1,000 to 1,004 KiB.
    assert.ok(Math.abs(first / 1_024 - 1_008) < 1, `${first / 1_024}`);
  });

  it('keeps instants apart where there are few', () => {
    const { timelines } = pictureFrom(relaysOf('Z', 5, 7, 6 * hourMs));
    assert.equal(timelines[0]?.atMs.length, 7);
  });

  it('does not flicker where relays are sampled in turn', () => {
    const relays = relaysOf('Z', 10, 300).map((relay, index) => ({
      ...relay,
      atMs: relay.atMs.map((ms) => ms + index * 60_000),
      rssKib: relay.rssKib.map(() => 1_000 * (index + 1)),
    }));
    const means = pictureFrom(relays).timelines[0]?.meanBytes ?? [];
    assert.equal(new Set(means.map(Math.round)).size, 1);
  });

  it('tells what was left out, every name that must not be published, and how to make it again', () => {
    const picture = pictureFrom([...relaysOf('A', 5, 40), ...relaysOf('Z', 5, 40)], {
      fromMs: start + hourMs,
      exclude: ['identity'],
    });
    assert.equal(picture.dots.length, 10);
    assert.deepEqual(picture.names.hosts, ['host', 'h1']);
    assert.equal(picture.names.relays.length, 10);
    assert.equal(picture.hypothesis, 'less');
    assert.deepEqual([picture.data.relays, picture.data.samples], [10, 400]);
    assert.deepEqual(picture.reproduce, [
      "tearless experiment import FOLDER --name 'an experiment'",
      "tearless experiment report 'an experiment' --from 2026-01-01T01:00:00.000Z --exclude identity --control Z --seed 'it'\\''s' --html report.html",
    ]);
    assert.ok(picture.method.length > 5);
  });

  it('shows a single instant', () => {
    const { timelines, dots } = pictureFrom(relaysOf('Z', 5, 1));
    assert.equal(timelines[0]?.atMs.length, 1);
    assert.deepEqual(
      dots.map(({ slopeBytesPerDay }) => slopeBytesPerDay),
      [null, null, null, null, null],
    );
  });
});
