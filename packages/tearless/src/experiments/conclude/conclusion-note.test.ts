// What is kept of an end reads back as one state, whatever else lies among the notes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../base/json.ts';
import { foldNotes, nothingNoted } from './conclusion-note.ts';
import { discoverLeavings } from './discover.ts';
import {
  preload,
  restartTemplate,
  restartTimer,
  sampleExperiment,
  sampleHost,
  timerOf,
} from './testing/sample-host.ts';

const sha256 = 'a'.repeat(64);
const prepared = (atMs: number, leavings: JsonValue = []): JsonValue => ({
  kind: 'prepared',
  atMs,
  monitoring: true,
  collection: { hosts: [], gaps: [] },
  directory: '/srv/x',
  charts: [],
  backups: [],
  leavings,
  configSha256: sha256,
});
const run = (name: string): JsonValue => ({ kind: 'run', run: name, configAfterSha256: sha256 });

describe('the notes of an end', () => {
  it('are the last preparation and what followed it', () => {
    const state = foldNotes([
      prepared(1),
      run('r1'),
      prepared(2),
      run('r2'),
      run('r3'),
      { kind: 'baseline-due', dueMs: 5 },
    ]);
    assert.deepEqual([state.prepared?.atMs, state.runs, state.dueMs, state.baseline], [2, ['r2', 'r3'], 5, undefined]);
  });

  it('leave out what they do not know', () => {
    assert.deepEqual(foldNotes([{ kind: 'else' }, 'x', null, { kind: 'prepared' }]), nothingNoted);
  });

  it('keep every kind of thing that was found', () => {
    const found = discoverLeavings({
      experiment: sampleExperiment({ ada: 'A', dan: 'D', fay: 'F' }),
      hosts: [
        sampleHost({
          relays: ['ada', 'dan', 'fay'],
          torrc: { dan: 'MaxConsensusAgeForDiffs 14400\n' },
          units: {
            'tor@ada.service.d/allocator.conf': preload('/usr/lib/x86_64-linux-gnu/libjemalloc.so.2'),
            'tor-restart@.service': restartTemplate,
            'tor-restart-fay.timer': restartTimer('fay', '24h'),
          },
          timers: [timerOf('tor-restart-fay.timer', 'tor-restart@fay.service')],
          cron: { '/etc/cron.d/x': '0 1 * * * root /x/co-unified-memory-test/run.sh\n' },
        }),
      ],
      isDeclared: () => false,
    });
    assert.deepEqual([...new Set(found.map(({ action }) => action.kind))].sort(), [
      'cron',
      'drop-in',
      'option',
      'timer',
      'unit-file',
    ]);
    const stored = JSON.parse(JSON.stringify(prepared(1, JSON.parse(JSON.stringify(found)) as JsonValue)));
    assert.deepEqual(foldNotes([stored]).prepared?.leavings, found);
  });
});
