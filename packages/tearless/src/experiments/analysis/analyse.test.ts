import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { drawNormal } from '../../stats/random/draw.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { Finding, FindingCode } from '../audit/finding.ts';
import { type BuiltExperiment, type BuiltRelay, buildMeasurements, instants } from '../testing/build-measurements.ts';
import { analyseExperiment } from './analyse.ts';
import { rareContamination } from './verdict.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const random = randomFromSeed('analyse');

const relaysOf = (arm: string, kib: number, relays = 8, more: Partial<BuiltRelay> = {}): BuiltRelay[] =>
  Array.from({ length: relays }, (_, index) => {
    const atMs = more.atMs ?? instants(start, 6 * hourMs, 29);
    const level = kib * (1 + 0.02 * (random.uniform() - 0.5));
    return { id: `${arm}${index}`, arm, atMs, rssKib: atMs.map(() => Math.round(level)), ...more };
  });

const finding = (code: FindingCode, relays: readonly string[], confirmed: boolean): Finding => ({
  code,
  kind: 'inference',
  severity: 'warning',
  relays,
  message: code,
  evidence: {},
  exclusions: confirmed ? relays.map((relay) => ({ relay, code, cause: 'no V2Dir flag' })) : [],
});

const report = (built: BuiltExperiment, options = {}, findings: readonly Finding[] = []) =>
  analyseExperiment(buildMeasurements(built), { seed: 'test', ...options }, findings);
const armOf = (value: ReturnType<typeof report>, id: string) =>
  value.arms.find((arm) => arm.id === id) ?? assert.fail(`no arm ${id}`);

describe('analyseExperiment', () => {
  it('names the arm with least memory, and the same figures from the same seed', () => {
    const built = { relays: [...relaysOf('A', 500_000), ...relaysOf('B', 800_000), ...relaysOf('Z', 1_000_000)] };
    const first = report(built);
    assert.equal(first.verdict.best, 'A');
    assert.match(first.verdict.sentences[0] ?? '', /^A is associated with the least memory/);
    assert.ok(first.verdict.sentences.includes(rareContamination));
    assert.ok((armOf(first, 'A').asAssigned.versusControl?.adjustedP ?? 1) < 0.001);
    assert.deepEqual(first, report(built));
  });

  it('speaks of effects only where relays were assigned at random', () => {
    const relays = [...relaysOf('A', 500_000), ...relaysOf('Z', 1_000_000)];
    const randomised = report({ relays, info: { assignment: { method: 'random', seed: 's' } } });
    assert.equal(randomised.verdict.wording, 'effect');
    assert.match(randomised.verdict.sentences[0] ?? '', /^A needs the least memory/);
    assert.equal(report({ relays }).verdict.wording, 'association');
  });

  it('names no arm where none is told apart', () => {
    const value = report({ relays: [...relaysOf('A', 1_000_000), ...relaysOf('Z', 1_000_000)] });
    assert.equal(value.verdict.best, null);
    assert.match(value.verdict.sentences.join(' '), /Not told apart from control: A/);
  });

  it('leaves relays out for a cause of its own, and keeps the figures as assigned beside', () => {
    const relays = [...relaysOf('A', 900_000), ...relaysOf('Z', 1_000_000)];
    const value = report({ relays }, {}, [finding('carry-over', ['A0', 'Z1'], true)]);
    const arm = armOf(value, 'A');
    assert.deepEqual([arm.asAssigned.relays, arm.clean.relays, armOf(value, 'Z').clean.relays], [8, 7, 7]);
    assert.deepEqual(arm.exclusions, [{ relay: 'A0', code: 'carry-over', cause: 'no V2Dir flag' }]);
    assert.notEqual(arm.clean.versusControl?.adjustedP, null);
    assert.equal(value.exploratory, undefined);
  });

  it('leaves out only for the codes that are named', () => {
    const relays = [...relaysOf('A', 900_000), ...relaysOf('Z', 1_000_000)];
    const found = [finding('carry-over', ['A0'], true), finding('identity', ['A1'], true)];
    const value = report({ relays }, { exclude: ['identity'] }, found);
    assert.deepEqual(
      armOf(value, 'A').exclusions.map(({ relay }) => relay),
      ['A1'],
    );
  });

  it('gives no p value for clean figures that are chosen by the outcome', () => {
    const relays = [...relaysOf('A', 500_000), ...relaysOf('Z', 1_000_000)];
    const low = [finding('carry-over', ['A0'], false)];
    const value = report({ relays }, { exclude: ['carry-over'] }, low);
    const arm = armOf(value, 'A');
    assert.equal(arm.clean.relays, 7);
    assert.equal(arm.clean.versusControl?.adjustedP, null);
    assert.notEqual(arm.asAssigned.versusControl?.adjustedP, null);
    assert.match(value.exploratory ?? '', /exploratory/);
    assert.ok(value.verdict.sentences.some((sentence) => sentence.includes('exploratory')));
    const untouched = report({ relays }, {}, low);
    assert.equal(armOf(untouched, 'A').clean.relays, 8);
    assert.match(armOf(untouched, 'A').limitations.join(' '), /Stand apart by their memory but stay in.*A0/);
  });

  it('gives the values of fewer than five relays, without interval and p', () => {
    const value = report({ relays: [...relaysOf('A', 500_000, 4), ...relaysOf('Z', 1_000_000)] });
    const { rssBytes, versusControl } = armOf(value, 'A').asAssigned;
    assert.equal(rssBytes?.values?.length, 4);
    assert.deepEqual([rssBytes?.low, rssBytes?.high, versusControl?.adjustedP], [null, null, null]);
    assert.ok(versusControl?.difference.mean !== undefined && versusControl.difference.low === null);
    assert.match(armOf(value, 'A').limitations.join(' '), /Fewer than five relays/);
    assert.equal(value.verdict.best, null);
  });

  it('says what is missing of an arm without relays, without samples, or outside of the window', () => {
    const built = {
      arms: [{ id: 'A' }, { id: 'B' }, { id: 'C' }, { id: 'Z' }],
      relays: [
        ...relaysOf('B', 5, 6).map((relay) => ({ ...relay, rssKib: relay.rssKib.map(() => undefined) })),
        ...relaysOf('C', 7_000, 6, { atMs: instants(start, hourMs, 3), rssKib: [7_000, 7_000, 7_000] }),
        ...relaysOf('Z', 1_000_000),
      ],
    };
    const value = report(built, { fromMs: start + 24 * hourMs });
    assert.match(armOf(value, 'A').limitations.join(' '), /No relay belongs to this arm/);
    assert.match(armOf(value, 'B').limitations.join(' '), /has a sample of its memory/);
    assert.match(armOf(value, 'C').limitations.join(' '), /has a sample in the window/);
    for (const id of ['A', 'B', 'C']) assert.equal(armOf(value, id).asAssigned.rssBytes, null);
  });

  it('states that a single sample has no growth', () => {
    const once = { atMs: [start], rssKib: [1_000] };
    const value = report({ relays: [...relaysOf('A', 0, 6, once), ...relaysOf('Z', 0, 6, once)] });
    const arm = armOf(value, 'A');
    assert.equal(arm.asAssigned.slopeBytesPerDay, null);
    assert.equal(arm.asAssigned.rssBytes?.mean, 1_024_000);
    assert.match(arm.limitations.join(' '), /A single sample in the window/);
  });

  it('has no winner that breaks a guardrail', () => {
    const all = ['Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir'];
    const seen = (flags: readonly string[]) => ({ flags: [{ atMs: start + 48 * hourMs, flags }] });
    const relays = [
      ...relaysOf('A', 500_000, 8, seen(all.filter((flag) => flag !== 'HSDir'))),
      ...relaysOf('B', 800_000, 8, seen(all)),
      ...relaysOf('Z', 1_000_000, 8, seen(all)),
    ];
    const value = report({ relays });
    assert.equal(value.verdict.best, 'B');
    assert.match(
      value.verdict.sentences.join(' '),
      /A needs less memory, but is no winner: 8 of 8 relays lack the flag HSDir/,
    );
  });

  it('permutes within the blocks of the assignment', () => {
    // Within its block every relay of A is lower by the same; between blocks memory differs a hundred times more.
    const relays = Array.from({ length: 16 }, (_, index): BuiltRelay => {
      const arm = index % 2 === 0 ? 'A' : 'Z';
      const block = `b${index >> 2}`;
      const kib = 1_000_000 * (1 + (index >> 2)) - (arm === 'A' ? 20_000 : 0) + 100 * index;
      const atMs = instants(start, 6 * hourMs, 29);
      return { id: `r${index}`, arm, block, atMs, rssKib: atMs.map(() => kib) };
    });
    const blocked = armOf(report({ relays }), 'A').asAssigned.versusControl?.adjustedP ?? 1;
    const plain = relays.map(({ block: _, ...relay }) => relay);
    const unblocked = armOf(report({ relays: plain }), 'A').asAssigned.versusControl?.adjustedP ?? 0;
    assert.ok(blocked < 0.01 && unblocked > 0.5, `${blocked}, ${unblocked}`);
  });

  it('compares nothing without a control, and refuses one that is not there', () => {
    const relays = [...relaysOf('A', 500_000), ...relaysOf('B', 1_000_000)];
    const value = report({ relays });
    assert.equal(value.control, null);
    assert.equal(armOf(value, 'A').asAssigned.versusControl, null);
    assert.match(value.verdict.sentences[0] ?? '', /No arm is named as control/);
    assert.equal(report({ relays }, { control: 'B' }).verdict.best, 'A');
    assert.throws(() => report({ relays }, { control: 'X' }), {
      code: 'experiment-arm-unknown',
      hint: /its arms are A, B/,
    });
  });

  it('tells arms apart by chance in few of the experiments where none differs', () => {
    const draws = randomFromSeed('no difference');
    let alarms = 0;
    for (let experiment = 0; experiment < 60; experiment += 1) {
      const relays = ['A', 'B', 'C', 'D', 'E', 'Z'].flatMap((arm) =>
        Array.from({ length: 8 }, (_, index): BuiltRelay => {
          const kib = 1_000_000 * (1 + 0.1 * drawNormal(draws));
          const atMs = instants(start, 6 * hourMs, 9);
          return { id: `${arm}${index}`, arm, atMs, rssKib: atMs.map(() => Math.round(kib)) };
        }),
      );
      const { arms } = report({ relays });
      if (arms.some(({ asAssigned }) => (asAssigned.versusControl?.adjustedP ?? 1) < 0.05)) alarms += 1;
    }
    // 5 % of 60 are 3; without a correction there would be a dozen.
    assert.ok(alarms >= 1 && alarms <= 7, `${alarms}`);
  });

  it('never gives a number that is none, whatever was measured', () => {
    const sample = fc.option(fc.integer({ min: 0, max: 4_000_000 }), { nil: undefined });
    const relay = fc.record({
      arm: fc.constantFrom('A', 'B', 'Z'),
      rssKib: fc.array(sample, { minLength: 0, maxLength: 12 }),
      everyMs: fc.constantFrom(1, 60_000, 86_400_000),
      bps: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(relay, { minLength: 1, maxLength: 24 }), (relays) => {
        const built = relays.map(
          ({ arm, rssKib, everyMs, bps }, index): BuiltRelay => ({
            id: `r${index}`,
            arm,
            rssKib,
            atMs: instants(start, everyMs, rssKib.length),
            traffic: bps === undefined ? [] : [{ atMs: start + 1, writtenBps: bps }],
          }),
        );
        const arms = [{ id: 'A' }, { id: 'B' }, { id: 'Z' }];
        let value: ReturnType<typeof report>;
        try {
          value = report({ arms, relays: built });
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'experiment-no-samples');
          return;
        }
        assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
      }),
      { seed: 20260110, numRuns: 150 },
    );
  });
});
