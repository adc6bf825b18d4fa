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
const render = (...findings: Finding[]): string[] => renderAudit('co', findings, createStyle(false));

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
    assert.ok(lines.includes('  left out of clean figures a, b: no V2Dir flag'));
  });

  it('cuts evidence that is long', () => {
    const evidence = { changes: Array.from({ length: 80 }, (_, index) => ({ relay: `relay${index}` })) };
    assert.ok(render(finding({ evidence })).every((line) => line.length < 200));
  });
});
