import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostError } from '../host/host-error.ts';
import { withRetries } from './retry.ts';
import { defaultLimits, type Session } from './session.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const away = new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'away' });
const at = { host: 'h', item: 'h/a' };

const sessionOf = (stop = new AbortController().signal) => {
  const clock = createFakeClock();
  const told: number[] = [];
  const journal = {
    broken: () => undefined,
    tell: (event: { readonly retryInMs?: number }) => told.push(event.retryInMs ?? 0),
  };
  const session = { clock, limits: defaultLimits, stop, journal } as unknown as Session;
  return { session, clock, told };
};

describe('a host that cannot be reached', () => {
  it('is tried again with growing pauses until the limit, and then its absence is the answer', async () => {
    const { session, clock, told } = sessionOf();
    const startMs = clock.now();
    await assert.rejects(
      withRetries(
        session,
        at,
        () => '',
        () => Promise.reject(away),
      ),
      away,
    );
    assert.equal(clock.now() - startMs, defaultLimits.unreachableMs);
    assert.deepEqual(told.slice(0, 3), [500, 750, 1125]);
    assert.ok(told.every((pauseMs) => pauseMs <= defaultLimits.unreachableBackoff.maxMs));
  });

  it('has the whole limit again after it was there meanwhile', async () => {
    const { session, clock } = sessionOf();
    const failingThrice = () => {
      let calls = 0;
      const act = async (): Promise<string> => {
        calls += 1;
        await clock.sleep(100_000);
        if (calls < 4) throw away;
        return 'done';
      };
      return { act, progress: () => String(calls) };
    };
    await assert.rejects(
      withRetries(session, at, () => 'the same', failingThrice().act),
      away,
    );
    const { act, progress } = failingThrice();
    assert.equal(await withRetries(session, at, progress, act), 'done');
  });

  it('is not tried again for what it answered', async () => {
    const { session, told } = sessionOf();
    const failed = new HostError({ kind: 'failed', code: 'host-failed', message: 'no' });
    await assert.rejects(
      withRetries(
        session,
        at,
        () => '',
        () => Promise.reject(failed),
      ),
      failed,
    );
    assert.deepEqual(told, []);
  });

  it('is waited for no longer once a person stops the run', async () => {
    const stop = new AbortController();
    const { session, clock } = sessionOf(stop.signal);
    const startMs = clock.now();
    let calls = 0;
    const act = (): Promise<never> => {
      calls += 1;
      if (calls === 3) stop.abort(new Error('Ctrl-C'));
      return Promise.reject(away);
    };
    await assert.rejects(
      withRetries(session, at, () => '', act),
      away,
    );
    assert.equal(calls, 3);
    assert.ok(clock.now() - startMs < 2000);
  });
});
