import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabError } from './lab-error.ts';
import { lastLines, run, tryRun } from './run.ts';

test('a command gets its input and gives its output', async () => {
  assert.equal(await run(['cat'], { input: 'one\ntwo\n' }), 'one\ntwo\n');
  assert.equal(await run(['cat']), '');
});

test('each line of the output is told as it comes', async () => {
  const lines: string[] = [];
  await run(['printf', 'a\\nb\\nc'], { onLine: (line) => lines.push(line) });
  assert.deepEqual(lines, ['a', 'b', 'c']);
});

test('arguments reach the command as they are', async () => {
  assert.equal(await run(['printf', '%s', '$HOME `id` "x" \n']), '$HOME `id` "x" \n');
});

test('a command that fails says how it ended and what it said last', async () => {
  await assert.rejects(run(['sh', '-c', 'echo no such thing >&2; exit 3']), (error: unknown) => {
    assert.ok(error instanceof LabError);
    assert.equal(error.code, 'lab-command-failed');
    assert.match(error.message, /exit code 3\nno such thing$/);
    return true;
  });
  assert.equal((await tryRun(['sh', '-c', 'kill -TERM $$'])).signal, 'SIGTERM');
});

test('a command that is not installed is told apart', async () => {
  await assert.rejects(run(['/no/such/command']), { code: 'lab-command-missing', kind: 'unavailable' });
});

test('a command that does not end in time is killed', async () => {
  await assert.rejects(run(['sleep', '1000'], { timeoutMs: 20 }), { code: 'lab-command-timeout', kind: 'timeout' });
});

test('an aborted command gives the reason', async () => {
  const controller = new AbortController();
  const running = run(['sleep', '1000'], { signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(running, reason);
});

test('only the last lines of a long text are kept', () => {
  const text = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  assert.equal(lastLines(text, 2), 'line 28\nline 29');
});
