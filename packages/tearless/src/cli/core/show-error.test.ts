import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostError } from '../../host/host-error.ts';
import { describeErrorAsJson, renderError } from './show-error.ts';
import { createStyle } from './style.ts';

const failedCommand = (lines: readonly string[]) =>
  new HostError({
    kind: 'failed',
    code: 'host-command-failed',
    message: 'h1: unit restart tor@a.service: systemctl failed with status 1',
    hint: 'look there',
    lines,
  });

describe('an error for people', () => {
  it('shows the last 20 lines of the remote command that failed, oldest first, also below a cause', () => {
    const lines = Array.from({ length: 25 }, (_, at) => `line ${at + 1}`);
    const error = new Error('the step failed', { cause: failedCommand(lines) });
    const shown = renderError(Object.assign(error, { kind: 'failed', code: 'x-y', place: 'host' }), createStyle(false));
    const said = shown.filter((line) => /^ {4}line \d+$/.test(line)).map((line) => line.trim());
    assert.deepEqual(said, lines.slice(-20));
    assert.ok(shown.includes('  the host said:'));
  });

  it('does not repeat the one line that the message ends with', () => {
    const shown = renderError(failedCommand(['tearless-helper: systemctl failed with status 1']), createStyle(false));
    assert.deepEqual(shown, [
      'error host-command-failed: h1: unit restart tor@a.service: systemctl failed with status 1',
      '  do look there',
    ]);
  });
});

it('a cause that the message holds already is not said again, others are', () => {
  const root = new Error('connect ECONNREFUSED');
  const error = new HostError({
    kind: 'unreachable',
    code: 'x-y',
    message: 'cannot be reached: connect ECONNREFUSED',
    cause: new Error('no way there', { cause: root }),
  });
  assert.deepEqual(renderError(error, createStyle(false)), [
    'error x-y: cannot be reached: connect ECONNREFUSED',
    '  because no way there',
  ]);
});

it('an error for programs has the lines too', () => {
  assert.deepEqual(describeErrorAsJson(failedCommand(['a', 'b'])).error.lines, ['a', 'b']);
  assert.deepEqual(describeErrorAsJson(new Error('x')).error.lines, []);
});
