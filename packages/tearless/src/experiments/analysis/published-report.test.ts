// A real experiment from its published files to the report's figures, against R (testdata/README.md).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { ArmEstimate, ReportArm } from '../../report/experiment/experiment-report.ts';
import { assertNear } from '../../stats/testing/reference.ts';
import { auditMeasurements } from '../audit/audit.ts';
import { loadPublished } from '../testing/memory-folder.ts';
import { type Analysis, analyseInDetail } from './analyse.ts';

type Figure = Readonly<Record<'mean' | 'low' | 'high', number>>;

interface PublishedArm {
  readonly relays: number;
  readonly rssBytes: Figure;
  readonly slopeBytesPerDay: Figure;
  readonly skewness: number;
  readonly restarts: number;
  readonly windowMs: readonly [number, number];
  readonly difference?: Figure;
  readonly ratio?: Figure;
  readonly adjustedP?: number;
}
type Arms = Readonly<Record<string, PublishedArm>>;

interface Published {
  readonly leftover: readonly string[];
  readonly lacksHsDir: Readonly<Record<string, { lacking: number; seen: number; p: number }>>;
  readonly found: { readonly asAssigned: Arms; readonly clean: Arms };
  readonly asked: { readonly fromMs: number; readonly toMs: number; readonly asAssigned: Arms; readonly clean: Arms };
}

const published: Published = JSON.parse(
  readFileSync(new URL('./testdata/published-report.json', import.meta.url), 'utf8'),
);

const measurements = await loadPublished();
const findings = auditMeasurements(measurements, { seed: 'published' });

const assertEstimate = (own: ArmEstimate | null | undefined, expected: Figure | undefined, what: string): void => {
  assert.ok(own && expected, what);
  // The width decides how many digits mean something: slopes are small differences of large numbers.
  const scale = expected.high - expected.low;
  for (const end of ['mean', 'low', 'high'] as const)
    assert.ok(Math.abs((own[end] ?? Number.NaN) - expected[end]) <= 1e-8 * scale, `${what} ${end}: ${own[end]}`);
};

/** Both sides draw permutations: 9,999 here, 20,000 there, where not all are gone through. */
const assertP = (own: number | null | undefined, expected: number, weight: number, what: string): void => {
  const raw = expected / weight;
  const error = Math.sqrt(Math.max(raw, 1e-4) * (1 / 9_999 + 1 / 20_000));
  assert.ok(own !== null && own !== undefined && Math.abs(own / weight - raw) < 4 * error + 1e-4, `${what}: ${own}`);
};

const assertArms = ({ report, window }: Analysis, set: 'asAssigned' | 'clean', expected: Arms): void => {
  const treated = Object.entries(expected).filter(([, { adjustedP }]) => adjustedP !== undefined);
  for (const [id, arm] of Object.entries(expected)) {
    const own: ReportArm = report.arms.find((candidate) => candidate.id === id) ?? assert.fail(id);
    const figures = own[set];
    assert.equal(figures.relays, arm.relays);
    assert.equal(figures.restarts, arm.restarts, `restarts of ${id}`);
    assertEstimate(figures.rssBytes, arm.rssBytes, `memory of ${id}`);
    assertEstimate(figures.slopeBytesPerDay, arm.slopeBytesPerDay, `growth of ${id}`);
    assert.equal(figures.rssBytes?.bootstrapT !== undefined, Math.abs(arm.skewness) > 1, `skewness of ${id}`);
    const chosen = window.arms.find((candidate) => candidate?.arm === id);
    assert.equal(chosen?.toMs, arm.windowMs[1]);
    if (arm.adjustedP === undefined) continue;
    assertEstimate(figures.versusControl?.difference, arm.difference, `difference of ${id}`);
    assertEstimate(figures.versusControl?.ratio, arm.ratio, `ratio of ${id}`);
    const family = treated.filter(([, other]) => other.windowMs[0] === arm.windowMs[0]).length;
    assertP(figures.versusControl?.adjustedP, arm.adjustedP, treated.length / family, `p of ${id}`);
  }
};

describe('the report of a published experiment', () => {
  const found = analyseInDetail(measurements, { seed: 'published' }, findings);
  const { fromMs, toMs } = published.asked;
  const asked = analyseInDetail(measurements, { seed: 'published', fromMs, toMs }, findings);

  it('leaves out, by the same rule in every arm, the relays that R finds without V2Dir', () => {
    const excluded = found.report.arms.flatMap(({ exclusions }) => exclusions.map(({ relay }) => relay));
    assert.deepEqual(excluded.sort(), published.leftover);
  });

  it('finds six days of whole cycles after warm-up, and the late arm’s own time', () => {
    assert.equal(found.report.window.from, '2026-01-04T06:00:01.000Z');
    assert.equal(found.report.window.to, '2026-01-10T06:00:01.000Z');
    const late = found.window.arms.find((arm) => arm?.arm === 'I');
    assert.ok(late?.late);
    // Between the samples that R's window lies between as well.
    assert.ok(late.fromMs > Date.UTC(2026, 0, 7, 12, 0, 1) && late.fromMs < Date.UTC(2026, 0, 7, 18, 0, 1));
  });

  for (const set of ['asAssigned', 'clean'] as const) {
    it(`agrees with R over the window that it finds, ${set}`, () => assertArms(found, set, published.found[set]));
    it(`agrees with R over a window asked for, ${set}`, () => assertArms(asked, set, published.asked[set]));
  }

  it('judges the flag HSDir as R’s Fisher test does', () => {
    for (const { id, guardrails } of found.report.arms) {
      const expected = published.lacksHsDir[id];
      // The late arm has not been seen since its start; A and B are judged without the relays left out.
      if (guardrails === undefined || expected === undefined || ['A', 'B', 'I'].includes(id)) continue;
      const own = guardrails.find(({ name }) => name === 'flag HSDir') ?? assert.fail(`no HSDir for ${id}`);
      assert.equal(own.broken, expected.lacking === expected.seen);
      const tests = guardrails.length;
      assertNear(own.adjustedP, Math.min(1, own.broken ? expected.p * tests : 1), 1e-9, id);
    }
  });

  it('says association, and that mimalloc 2 has the least memory', () => {
    assert.equal(found.report.verdict.wording, 'association');
    assert.equal(found.report.verdict.best, 'B');
  });
});
