// Whether what the verdict accepts runs as a restarted program would, over random programs. A short form; the long one has thousands.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Outcome, runCases } from './testing/soundness.ts';

const soak = process.env.TEARLESS_SOAK === '1';
const cases = soak ? 2400 : 80;
const casesAtOnce = 80;

describe('random programs with random changes', () => {
  it(`run on as restarted ones would where they are accepted, which most safe changes are (${cases})`, async (t) => {
    const outcomes: Outcome[] = [];
    for (let from = 0; from < cases; from += casesAtOnce)
      outcomes.push(...(await runCases(Array.from({ length: casesAtOnce }, (_, at) => from + at + 1))));
    const accepted = outcomes.filter(({ refused }) => refused.length === 0);
    assert.deepEqual(
      accepted.filter(({ wrong }) => wrong !== ''),
      [],
    );
    const safe = outcomes.filter(({ isSafe }) => isSafe);
    const safeAccepted = safe.filter(({ refused }) => refused.length === 0);
    const codes = new Map<string, number>();
    for (const code of outcomes.flatMap(({ refused }) => [...new Set(refused)]))
      codes.set(code, (codes.get(code) ?? 0) + 1);
    t.diagnostic(
      `${outcomes.length} programs: ${accepted.length} accepted; ${safeAccepted.length} of ${safe.length} with safe changes only`,
    );
    for (const [code, count] of [...codes].sort(([, a], [, b]) => b - a)) t.diagnostic(`refused by ${code}: ${count}`);
    assert.ok(
      safeAccepted.length >= safe.length * 0.6,
      `${safeAccepted.length} of ${safe.length} safe changes are accepted`,
    );
    assert.ok(accepted.length >= cases / 4 && accepted.length < cases, 'some are accepted, and some are not');
  });
});
