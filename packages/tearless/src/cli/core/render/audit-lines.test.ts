import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../experiments/audit/finding.ts';
import { createStyle } from '../style.ts';
import { renderAudit } from './audit-lines.ts';

const finding = (override: Partial<Finding>): Finding => ({
  code: 'gap',
  kind: 'fact',
  severity: 'warning',
  relays: [],
  message: 'Something is wrong.',
  evidence: {},
  exclusions: [],
  ...override,
});
const render = (...findings: Finding[]): string[] => renderAudit('co', findings, createStyle(false), 100);

describe('an audit for people', () => {
  it('that found nothing says so', () => assert.deepEqual(render(), ['co: nothing found']));

  it('goes from facts over inferences to methods, worst first, and ends with a count', () => {
    const lines = render(
      finding({ kind: 'method', code: 'single-host', severity: 'info' }),
      finding({ kind: 'inference', code: 'warm-up' }),
      finding({ kind: 'inference', code: 'carry-over', severity: 'error' }),
      finding({}),
    );
    const codes = lines.flatMap((line) => /^(?:error|warning|note) (\S+)/.exec(line)?.[1] ?? []);
    assert.deepEqual(codes, ['gap', 'carry-over', 'warm-up', 'single-host']);
    assert.equal(lines.at(-1), 'co: 1 error, 2 warnings, 1 note');
  });

  it('shows evidence in units that people read, and leaves out what is empty', () => {
    const evidence = {
      startBytes: 2e9,
      growthBytesPerDay: 2e6,
      everyMs: 21_600_000,
      adjustedP: 0.000123456,
      none: null,
      list: [],
    };
    assert.deepEqual(
      render(finding({ evidence }))[3],
      '  start 2.00 GB · growth per day 2.00 MB · every 6 h · adjusted p 0.000123',
    );
  });

  it('names relays that are left out once for each cause', () => {
    const exclusion = (relay: string) => ({ relay, code: 'carry-over' as const, cause: 'no V2Dir flag' });
    const lines = render(
      finding({ kind: 'inference', code: 'carry-over', exclusions: [exclusion('a'), exclusion('b')] }),
    );
    assert.ok(lines.includes('  left out of clean figures: a, b (no V2Dir flag)'));
  });

  it('shows the first of a long list and counts the rest, also those that are not in the list', () => {
    const lines = Array.from({ length: 50 }, (_, index) => 3_292 + index);
    assert.ok(
      render(finding({ evidence: { rows: 2_829, lines } })).includes(
        '  lines: 3292; 3293; 3294; 3295; 3296 and 2,824 more',
      ),
    );
  });

  it('writes instants as people do', () =>
    assert.equal(
      render(finding({ evidence: { settled: '2026-01-02T10:14:43.305Z' } }))[3],
      '  settled 2026-01-02 10:14 UTC',
    ));

  for (const columns of [80, 120])
    it(`keeps to ${columns} columns`, () => {
      const relays = Array.from({ length: 80 }, (_, index) => `relay${index}`);
      const evidence = { changes: relays.map((relay) => ({ relay, from: 'A', to: 'B' })), p: 0.01 };
      const message = `${relays.join(', ')} are gone.`;
      for (const line of renderAudit('co', [finding({ evidence, message })], createStyle(false), columns))
        assert.ok(line.length <= columns, line);
    });

  it('puts the warm-up of several arms into one table, and of two arms each for itself', () => {
    const warm = (arm: string, stillGrows: boolean): Finding =>
      finding({
        kind: 'inference',
        code: 'warm-up',
        arm,
        evidence: {
          startBytes: 6e8,
          plateauBytes: 2e9,
          wholeBytes: 1.9e9,
          settled: '2026-01-02T10:14:43.305Z',
          lateGrowthBytesPerDay: 1e9,
          stillGrows,
          adjustedP: 0.0235,
        },
      });
    const lines = render(warm('A', false), warm('B', true), warm('C', false));
    assert.equal(lines.filter((line) => line.startsWith('warning warm-up')).length, 1);
    const rowB = lines.find((line) => line.startsWith('  B '));
    assert.match(rowB ?? '', /600 MB +2\.00 GB +2026-01-02 10:14 +\+1\.00 GB a day +−5 % +0\.024/);
    assert.equal(lines.at(-1), 'co: 3 warnings');
    assert.equal(render(warm('A', false), warm('B', true)).filter((line) => line.includes('warm-up')).length, 2);
  });
});
