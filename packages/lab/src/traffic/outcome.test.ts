import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Attempt, type AttemptEvent, isDecided, judge, type RequestTrace, type Verdict } from './outcome.ts';
import type { RestartWindow } from './restart-windows.ts';

const fleet = new Set(['F1', 'F2']);
const at = (atMs: number, event: AttemptEvent['event'], reason?: string): AttemptEvent => ({
  atMs,
  event,
  ...(reason === undefined ? {} : { reason }),
});
const attempt = (events: AttemptEvent[], clientPath = ['G', 'F1', 'E'], servicePath?: string[]): Attempt => ({
  events,
  clientPath,
  ...(servicePath === undefined ? {} : { servicePath }),
});
const answered = (startMs: number, path?: string[], servicePath?: string[]) =>
  attempt([at(startMs + 100, 'stream-connected'), at(startMs + 200, 'body-complete')], path, servicePath);
const cut = (atMs: number, path?: string[], servicePath?: string[]) =>
  attempt([at(atMs - 50, 'stream-connected'), at(atMs, 'stream-cut', 'DESTROY')], path, servicePath);
const silent = (aliveMs: number) =>
  attempt([
    at(aliveMs - 100, 'stream-connected'),
    { atMs: aliveMs + 60_000, event: 'stream-silent', aliveMs, reason: 'no byte for 60 s' },
  ]);
const unplanned = 'cut while no relay of its circuit was restarting (DESTROY)';

type Case = {
  name: string;
  form?: RequestTrace['form'];
  attempts: Attempt[];
  windows?: RestartWindow[];
  expected: Verdict;
};

const f1: RestartWindow = { fingerprint: 'F1', fromMs: 1000, toMs: 4000 };
const f2: RestartWindow = { fingerprint: 'F2', fromMs: 1000, toMs: 4000 };

const cases: Case[] = [
  { name: 'a whole answer is ok', attempts: [answered(0)], expected: { outcome: 'ok' } },
  {
    name: 'an answer at 60 s is ok',
    attempts: [attempt([at(10, 'stream-connected'), at(60_000, 'body-complete')])],
    expected: { outcome: 'ok' },
  },
  {
    name: 'an answer after 60 s is a failure',
    attempts: [attempt([at(10, 'stream-connected'), at(60_001, 'body-complete')])],
    expected: { outcome: 'failed', reason: 'answered after more than 60 s' },
  },
  {
    name: 'a download may take longer than 60 s',
    form: 'download',
    attempts: [attempt([at(10, 'stream-connected'), at(90_000, 'body-complete')])],
    expected: { outcome: 'ok' },
  },
  {
    name: 'no answer at all is a failure, and says what was last',
    attempts: [attempt([at(9000, 'circuit-failed', 'CONNECTFAILED')]), attempt([at(60_000, 'gave-up', 'no stream')])],
    expected: { outcome: 'failed', reason: 'no answer within 60 s (no stream)' },
  },
  {
    name: 'no answer is a failure also while a relay of its circuit restarts',
    attempts: [attempt([at(60_000, 'gave-up')])],
    windows: [{ fingerprint: 'F1', fromMs: 0 }],
    expected: { outcome: 'failed', reason: 'no answer within 60 s' },
  },
  {
    name: 'a request with no attempt is a failure',
    attempts: [],
    expected: { outcome: 'failed', reason: 'no answer within 60 s' },
  },
  {
    name: 'circuits that fail before the stream is open are tried again and do not count',
    attempts: [attempt([at(50, 'circuit-failed', 'CONNECTFAILED')]), attempt([at(80, 'stream-failed')]), answered(100)],
    expected: { outcome: 'ok' },
  },
  {
    name: 'a cut with no relay restarting is a failure',
    attempts: [cut(2000)],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a cut with no relay restarting is a failure also when asking again succeeds',
    attempts: [cut(2000), answered(2100)],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a cut inside a restart of a relay that is not on its path is a failure',
    attempts: [cut(2000), answered(2100)],
    windows: [f2],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a cut before the restart of its relay is a failure',
    attempts: [cut(999)],
    windows: [f1],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a cut long after the restart of its relay is a failure',
    attempts: [cut(5001)],
    windows: [f1],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a cut that is noticed just after the restart belongs to it',
    form: 'download',
    attempts: [cut(4500)],
    windows: [f1],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: 'a cut that is noticed late belongs to the restart during which the stream fell silent',
    form: 'download',
    attempts: [
      attempt([at(900, 'stream-connected'), { atMs: 14_000, event: 'stream-cut', aliveMs: 3900, reason: 'DESTROY' }]),
    ],
    windows: [f1],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: 'a stream that lived on after the restart of its relay was not cut by it',
    form: 'download',
    attempts: [
      attempt([at(900, 'stream-connected'), { atMs: 14_000, event: 'stream-cut', aliveMs: 13_900, reason: 'DESTROY' }]),
    ],
    windows: [f1],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a request that a planned restart cut and that is then answered is ok',
    attempts: [cut(2000), answered(2100, ['G', 'F2', 'E'])],
    windows: [f1],
    expected: { outcome: 'ok' },
  },
  {
    name: 'a request that a planned restart cut and that gets no answer is a failure',
    attempts: [cut(2000), attempt([at(60_000, 'gave-up', 'no stream')])],
    windows: [f1],
    expected: { outcome: 'failed', reason: 'no answer within 60 s (no stream)' },
  },
  {
    name: 'a download cut by a planned restart is told apart',
    form: 'download',
    attempts: [cut(2000)],
    windows: [f1],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: 'a restart that has not ended covers the cut',
    form: 'download',
    attempts: [cut(200_000)],
    windows: [{ fingerprint: 'F1', fromMs: 1000 }],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: "a restart in the onion service's half of the circuit is a planned one",
    form: 'download',
    attempts: [cut(2000, ['G', 'F2', 'R'], ['S', 'F1', 'R'])],
    windows: [f1],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: 'only the path of the attempt that was cut matters, not that of another attempt',
    attempts: [cut(2000, ['G', 'F2', 'E']), answered(2100, ['G', 'F1', 'E'])],
    windows: [f1],
    expected: { outcome: 'failed', reason: unplanned },
  },
  {
    name: 'a wrong body is a failure, whatever restarts',
    attempts: [attempt([at(10, 'stream-connected'), at(2000, 'body-corrupt', 'byte 17 is wrong')])],
    windows: [f1],
    expected: { outcome: 'failed', reason: 'byte 17 is wrong' },
  },
  {
    name: 'a download that is silent for too long is a failure',
    form: 'download',
    attempts: [silent(10_000)],
    expected: { outcome: 'failed', reason: 'no answer within 60 s (no byte for 60 s)' },
  },
  {
    name: 'a download that fell silent when its relay restarted was cut by that, although nobody said so',
    form: 'download',
    attempts: [silent(3000)],
    windows: [f1],
    expected: { outcome: 'cut-by-planned-restart' },
  },
  {
    name: 'a download that had been silent before its relay restarted is a failure',
    form: 'download',
    attempts: [silent(-2000)],
    windows: [f1],
    expected: { outcome: 'failed', reason: 'no answer within 60 s (no byte for 60 s)' },
  },
  {
    name: 'what the oracle itself ends is no failure',
    form: 'download',
    attempts: [attempt([at(10, 'stream-connected'), at(500, 'stopped')])],
    expected: { outcome: 'stopped' },
  },
  {
    name: 'a request that never met the fleet does not count, whatever became of it',
    attempts: [cut(2000, ['G', 'M', 'E'])],
    expected: { outcome: 'not-counted' },
  },
  {
    name: "a fleet relay in the onion service's half counts",
    attempts: [answered(0, ['G', 'M', 'R'], ['F2', 'M', 'R'])],
    expected: { outcome: 'ok' },
  },
];

suite('outcome of a request', () => {
  for (const { name, form = 'request', attempts, windows = [], expected } of cases) {
    test(name, () => assert.deepEqual(judge({ form, startedMs: 0, attempts }, windows, fleet), expected));
  }

  test('a request is asked again after a planned cut, a failed circuit or a timeout, and not otherwise', () => {
    const again = [
      cut(2000),
      attempt([at(1, 'circuit-failed')]),
      attempt([at(1, 'stream-connected'), at(9, 'gave-up')]),
    ];
    for (const one of again) assert.equal(isDecided('request', one, [f1]), false);
    assert.equal(isDecided('request', answered(0), []), true);
    assert.equal(isDecided('request', cut(2000), []), true);
  });

  test('a download that was open is never asked again', () => {
    assert.equal(isDecided('download', cut(2000), [f1]), true);
    assert.equal(isDecided('download', attempt([at(1, 'stream-failed')]), []), false);
  });
});
