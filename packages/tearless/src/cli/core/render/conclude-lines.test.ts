// What an experiment left, as a person reads it before saying yes: each thing once, under what becomes of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Leaving } from '../../../experiments/conclude/leaving.ts';
import { createStyle } from '../style.ts';
import { renderChecklistLines, renderLeavings } from './conclude-lines.ts';

const style = createStyle(false);
const job: Leaving = {
  id: 'h1:/etc/cron.d/x:3',
  host: 'h1',
  path: '/etc/cron.d/x',
  line: 3,
  text: '0 1 * * * root /x/run.sh',
  origin: 'experiment',
  verdict: 'remove',
  evidence: ['as root it runs /x/run.sh'],
  action: { kind: 'cron', sha256: 'a'.repeat(64) },
};
const option: Leaving = {
  ...job,
  id: 'h1/a:DirCache',
  path: '/etc/tor/instances/a/torrc',
  text: 'DirCache 0',
  origin: 'earlier',
  verdict: 'ask',
  evidence: ['1 of 8 relays of h1 have it'],
  action: { kind: 'option', name: 'DirCache' },
};

describe('what was left', () => {
  it('stands with its place, its text and why', () => {
    assert.deepEqual(renderLeavings([job, option], style), [
      'left by the experiment, and removed',
      '  - h1:/etc/cron.d/x:3',
      '      0 1 * * * root /x/run.sh',
      '      as root it runs /x/run.sh',
      '',
      'maybe of an earlier experiment, and not touched (--remove NAME or --remove earlier takes it)',
      '  ? h1/a:DirCache /etc/tor/instances/a/torrc:3',
      '      DirCache 0',
      '      1 of 8 relays of h1 have it',
      '',
    ]);
  });

  it('is nothing to say where nothing was', () => assert.deepEqual(renderLeavings([], style), []));
});

it('a line of the list that is open says why, one that is done does not', () => {
  const lines = [
    { id: 'a', title: 'Done', state: 'done', evidence: ['proved'] },
    { id: 'b', title: 'Open', state: 'open', evidence: ['missing'] },
    { id: 'c', title: 'Nothing', state: 'none', evidence: [] },
  ] as const;
  assert.deepEqual(
    renderChecklistLines(
      lines.map((line) => ({ ...line, evidence: [...line.evidence] })),
      style,
    ),
    ['[x] Done', '[ ] Open', '      missing', '[-] Nothing'],
  );
});
