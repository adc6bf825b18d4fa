import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summariseFleet } from '../../../relays/fleet-summary.ts';
import type { RelayView } from '../../../relays/relay-view.ts';
import { createStyle } from '../style.ts';
import { renderFindings } from './finding-lines.ts';
import { renderFleetSummary, renderRelayList, renderRelayStatus, renderUptime } from './relay-lines.ts';

const style = createStyle(false);

const running: RelayView = {
  id: 'h1/alpha',
  host: 'h1',
  instance: 'alpha',
  declared: true,
  labels: { arm: 'b' },
  nickname: 'Alpha',
  fingerprint: 'A'.repeat(40),
  state: 'active',
  uptimeSeconds: 93_784,
  memory: { rssBytes: 1.2e9, pssBytes: 1.1e9 },
  loaded: { name: 'mimalloc', version: '2.0.9', buildId: 'd07f4e7dc9a0', path: '/lib/x' },
  wanted: ['mimalloc', 'jemalloc'],
  flags: ['Fast', 'HSDir', 'Running', 'Valid'],
  findings: [],
};
const down: RelayView = {
  id: 'h2/b',
  host: 'h2',
  instance: 'b',
  declared: false,
  labels: {},
  state: 'inactive',
  wanted: [],
  findings: [{ code: 'relay-not-running', severity: 'warning', subject: 'h2/b', message: 'is inactive', hint: 'look' }],
};

describe('relays as tables', () => {
  it('lists who they are', () => {
    assert.deepEqual(renderRelayList([running, down], style), [
      'RELAY     STATE     NICKNAME  FINGERPRINT                               DECLARED              LABELS',
      `h1/alpha  active    Alpha     ${'A'.repeat(40)}  mimalloc or jemalloc  arm=b`,
      `h2/b      inactive  -         -                                         (not declared)        -`,
    ]);
  });

  it('says where there are none what makes some', () => {
    for (const lines of [renderRelayList([], style), renderRelayStatus([], style)])
      assert.deepEqual(lines, ["no relays: 'tearless adopt HOST --write' declares those that run"]);
  });

  it('shows how they stand', () => {
    assert.deepEqual(renderRelayStatus([running, down], style), [
      'RELAY     STATE          UP      RSS      PSS  ALLOCATOR       BUILD-ID  FLAGS       FINDINGS',
      'h1/alpha  active    1 d 2 h  1.20 GB  1.10 GB  mimalloc 2.0.9  d07f4e7d  Fast HSDir  -',
      'h2/b      inactive        -        -        -  -               -         ?           relay-not-running',
    ]);
  });

  it('tells a relay that is not listed from one that is listed and down', () => {
    const flagsOf = (flags: readonly string[]) => renderRelayStatus([{ ...running, flags }], style)[1] ?? '';
    assert.match(flagsOf([]), /\(not listed\)/);
    assert.match(flagsOf(['Fast', 'Valid']), /Fast \(not Running\)/);
    assert.match(flagsOf(['Running', 'Valid']), / - +-$/);
  });

  it('says uptimes in two units', () => {
    assert.deepEqual([59.9, 60, 3599, 3600, 86_399, 86_400].map(renderUptime), [
      '59 s',
      '1 min',
      '59 min',
      '1 h 0 min',
      '23 h 59 min',
      '1 d 0 h',
    ]);
  });

  it('sums a fleet up', () => {
    assert.deepEqual(renderFleetSummary('mine', summariseFleet([running, down]), style), [
      'mine: 1 of 2 relays run, 1.20 GB RSS on average, 1.20 GB in all (PSS 1.10 GB)',
      "1 finding: 'tearless doctor' shows them",
      '',
      'ALLOCATOR       RELAYS  RUNNING  AVERAGE RSS  TOTAL RSS  AVERAGE PSS  TOTAL PSS',
      '(inactive)           1        0            -          -            -          -',
      'mimalloc 2.0.9       1        1      1.20 GB    1.20 GB      1.10 GB    1.10 GB',
      '',
      'HOST  RELAYS  RUNNING  AVERAGE RSS  TOTAL RSS  AVERAGE PSS  TOTAL PSS',
      'h1         1        1      1.20 GB    1.20 GB      1.10 GB    1.10 GB',
      'h2         1        0            -          -            -          -',
    ]);
    assert.match(
      renderFleetSummary('mine', summariseFleet([]), style)[0] ?? '',
      /0 of 0 relays run, no memory is known/,
    );
  });
});

describe('findings', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...down.findings[0], subject: name }) as const);

  it('of one kind are shown up to three, the others counted and named', () => {
    const lines = renderFindings(many as never, style);
    assert.equal(lines.filter((line) => line.startsWith('warning')).length, 3);
    assert.equal(lines.at(-1), 'and 2 more of relay-not-running: d, e');
  });
});
