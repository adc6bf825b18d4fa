import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { startProcess } from './process.ts';

/** Process group and session; proc(5). */
const groupAndSession = (stat: string): string[] =>
  stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(2, 4);

it('is out of reach of a Ctrl-C at our terminal: a connection outlives the wish to stop after the current step', async () => {
  const started = startProcess('cat', ['/proc/self/stat']);
  started.stderr.resume();
  const [group, session] = groupAndSession(await text(started.stdout));
  await started.ended;
  const [ownGroup, ownSession] = groupAndSession(readFileSync('/proc/self/stat', 'utf8'));
  assert.ok(group !== undefined && session !== undefined);
  assert.notEqual(group, ownGroup);
  assert.notEqual(session, ownSession);
});
