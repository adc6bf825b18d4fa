import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HealthEvent, HealthSignal } from '../model/health.ts';
import { declareWorkers, type HealthPool, hear, nextHealthChangeMs, passTime } from './pool.ts';
import { defaultHealthRules as rules } from './rules.ts';

type Signal = HealthSignal extends infer One ? (One extends HealthSignal ? Omit<One, 'atMs'> : never) : never;

/** A pool that is told things, with the time and all events. */
class Told {
  pool: HealthPool;
  nowMs = 0;
  readonly events: HealthEvent[] = [];

  constructor(...workers: string[]) {
    this.pool = declareWorkers({}, workers, 0);
  }

  say(worker: string, signal: Signal, afterMs = 1_000): this {
    this.nowMs += afterMs;
    return this.#take(hear(this.pool, worker, { ...signal, atMs: this.nowMs } as HealthSignal, rules));
  }

  wait(ms: number): this {
    this.nowMs += ms;
    return this.#take(passTime(this.pool, this.nowMs, rules));
  }

  bringIn(...workers: string[]): this {
    for (const worker of workers) this.say(worker, up).say(worker, ok());
    return this;
  }

  state(worker: string): string | undefined {
    return this.pool[worker]?.state;
  }

  lastWhy(): string | undefined {
    return this.events.at(-1)?.why;
  }

  #take({ pool, events }: ReturnType<typeof hear>): this {
    this.pool = pool;
    this.events.push(...events);
    return this;
  }
}

const up: Signal = { kind: 'helper-seen', isUp: true };
const down: Signal = { kind: 'helper-seen', isUp: false, why: 'tor@w1 has ended' };
const lost: Signal = { kind: 'helper-lost' };
const ok = (path = 'local'): Signal => ({ kind: 'probe-ok', path });
const failed = (path = 'local'): Signal => ({ kind: 'probe-failed', path, why: 'timeout' });
const descriptor: Signal = { kind: 'descriptor-seen', validForMs: 600_000 };

describe('a worker', () => {
  it('is in once its helper says so and a probe has reached it', () => {
    const told = new Told('w1', 'w2').say('w1', up);
    assert.equal(told.state('w1'), 'out');
    told.say('w1', ok());
    assert.equal(told.state('w1'), 'in');
    assert.equal(told.lastWhy(), 'its helper says that it is up, and a probe through Tor reached it');
  });

  it('is in by its descriptor where it has no helper, until that ends', () => {
    const told = new Told('w1', 'w2').say('w1', ok()).say('w1', descriptor);
    assert.equal(told.state('w1'), 'in');
    assert.equal(nextHealthChangeMs(told.pool, told.nowMs, rules), told.nowMs + 600_000);
    assert.equal(told.wait(600_000).state('w1'), 'out');
    assert.equal(told.lastWhy(), 'its descriptor has ended and no newer one was found');
  });

  it('is out at once when its helper says so, whatever else is known', () => {
    const told = new Told('w1').bringIn('w1').say('w1', descriptor).say('w1', down);
    assert.equal(told.state('w1'), 'out');
    assert.equal(told.lastWhy(), 'its helper says that it is down: tor@w1 has ended');
  });

  it('that went down comes back only with a new probe, also when its helper is lost meanwhile', () => {
    const told = new Told('w1', 'w2').bringIn('w1').say('w1', descriptor).say('w1', down).say('w1', lost);
    assert.equal(told.say('w1', descriptor).state('w1'), 'out');
    assert.equal(told.say('w1', ok()).state('w1'), 'in');
  });

  it('stays for a while when its helper is lost, but not when a probe fails then', () => {
    const told = new Told('w1', 'w2').bringIn('w1', 'w2').say('w1', lost).say('w2', lost);
    assert.equal(told.say('w1', failed()).state('w1'), 'out');
    assert.equal(told.state('w2'), 'in');
    assert.equal(told.wait(rules.lostHelperMs).state('w2'), 'out');
    assert.equal(told.lastWhy(), 'its helper is lost and no valid descriptor is known');
  });

  it('stays while its helper is lost and probes reach it, until they no longer do', () => {
    const told = new Told('w1', 'w2')
      .bringIn('w1', 'w2')
      .say('w1', lost)
      .say('w1', ok(), rules.lostHelperMs - 1_000);
    assert.equal(told.wait(60_000).state('w1'), 'in');
    assert.equal(
      told
        .say('w1', ok())
        .wait(rules.answerHoldsMs - 1)
        .state('w1'),
      'in',
    );
    assert.equal(nextHealthChangeMs(told.pool, told.nowMs, rules), told.nowMs + 1);
    assert.equal(told.wait(1).state('w1'), 'out');
  });

  it('stays through one failed probe while its helper says that it is well', () => {
    const told = new Told('w1', 'w2').bringIn('w1').say('w1', failed());
    assert.equal(told.state('w1'), 'in');
    assert.equal(told.say('w1', ok()).say('w1', failed()).state('w1'), 'in');
    assert.equal(told.say('w1', failed()).state('w1'), 'out');
    assert.equal(told.lastWhy(), 'a probe by local did not reach it: timeout');
  });

  it('stays when one of two paths reaches it', () => {
    const told = new Told('w1', 'w2').bringIn('w1').say('w1', ok('other'));
    assert.equal(told.say('w1', failed()).say('w1', failed()).state('w1'), 'in');
  });

  it('that flaps is held back, twice as long each time, and forgiven after an hour', () => {
    const told = new Told('w1', 'w2').bringIn('w1');
    const flap = () => told.say('w1', down).bringIn('w1').state('w1');
    assert.equal(flap(), 'in');
    assert.equal(flap(), 'held');
    assert.equal(told.lastWhy(), 'answers again, but went away 2 times lately: held back for 30 s');
    assert.equal(nextHealthChangeMs(told.pool, told.nowMs, rules), told.nowMs + 30_000);
    assert.equal(told.wait(29_999).state('w1'), 'held');
    assert.equal(told.wait(1).state('w1'), 'in');
    assert.equal(flap(), 'held');
    assert.equal(told.wait(59_999).state('w1'), 'held');
    assert.equal(told.wait(1).state('w1'), 'in');
    told.wait(rules.forgetMs + 1);
    assert.equal(flap(), 'in');
  });

  it('is never held longer than a quarter of an hour', () => {
    const told = new Told('w1', 'w2').bringIn('w1');
    for (let time = 0; time < 20; time++) told.say('w1', down).bringIn('w1');
    assert.equal(told.state('w1'), 'held');
    assert.equal(told.wait(15 * 60_000).state('w1'), 'in');
  });

  it('that drains takes no new clients however well it is, and comes back after', () => {
    const told = new Told('w1', 'w2').bringIn('w1').say('w1', { kind: 'drain-begun' });
    assert.equal(told.state('w1'), 'draining');
    assert.equal(told.say('w1', ok()).state('w1'), 'draining');
    assert.equal(told.say('w1', { kind: 'drain-ended' }).state('w1'), 'in');
  });

  it('that is no longer declared is forgotten, and its signals change nothing', () => {
    const told = new Told('w1', 'w2').bringIn('w1', 'w2');
    const pool = declareWorkers(told.pool, ['w2'], told.nowMs);
    assert.deepEqual(Object.keys(pool), ['w2']);
    assert.deepEqual(hear(pool, 'w1', { kind: 'helper-seen', atMs: 1, isUp: true }, rules), { pool, events: [] });
  });

  it('without a prober is in by its own word', () => {
    const pool = declareWorkers({}, ['w1'], 0);
    const step = hear(pool, 'w1', { kind: 'helper-seen', atMs: 1, isUp: true }, { ...rules, isProbed: false });
    assert.equal(step.pool.w1?.state, 'in');
  });
});

describe('one probing path', () => {
  it('takes out half of the workers, then it is doubted, once, in words', () => {
    const workers = ['w1', 'w2', 'w3', 'w4', 'w5'];
    const told = new Told(...workers).bringIn(...workers);
    for (let time = 0; time < 4; time++) for (const worker of workers) told.say(worker, failed());
    assert.deepEqual(
      workers.map((worker) => told.state(worker)),
      ['out', 'out', 'in', 'in', 'in'],
    );
    const doubts = told.events.filter(({ why }) => why.startsWith('stays in'));
    assert.equal(doubts.length, 3);
    assert.equal(
      doubts[0]?.why,
      'stays in: a probe by local did not reach it: timeout, but local may not take out more than half of the workers',
    );
  });

  it('is not blamed for workers that were down already when it did not reach them', () => {
    const workers = ['w1', 'w2', 'w3', 'w4'];
    const told = new Told(...workers).bringIn(...workers);
    for (const worker of workers) told.say(worker, down).say(worker, up).say(worker, failed()).say(worker, failed());
    told.say('w1', ok());
    assert.equal(told.state('w1'), 'in');
    assert.equal(told.say('w1', failed()).say('w1', failed()).state('w1'), 'out');
  });

  it('does not take out a worker that is alone, but its helper does', () => {
    const told = new Told('w1').bringIn('w1').say('w1', failed()).say('w1', failed());
    assert.equal(told.state('w1'), 'in');
    assert.equal(told.say('w1', down).state('w1'), 'out');
  });

  it('never takes out more than half, and no worker is in that its helper calls down, whatever comes', () => {
    const workers = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6'];
    const anySignal = fc.constantFrom<Signal>(
      up,
      up,
      down,
      lost,
      ok(),
      failed(),
      failed(),
      descriptor,
      {
        kind: 'drain-begun',
      },
      { kind: 'drain-ended' },
    );
    const anyStep = fc.tuple(fc.constantFrom(...workers), anySignal, fc.nat(60_000));
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const told = new Told(...workers).bringIn(...workers);
        for (const [worker, signal, afterMs] of steps) {
          told.say(worker, signal, afterMs).wait(0);
          const memories = Object.values(told.pool);
          assert.ok(memories.filter(({ removedBy }) => removedBy === 'local').length <= 3);
          for (const { helper, state, isDraining } of memories) {
            if (helper !== null && !helper.isUp && helper.lostMs === null) assert.notEqual(state, 'in');
            assert.equal(state === 'draining', isDraining);
          }
        }
        // Whoever reads the events alone knows every state.
        for (const worker of workers) {
          const last = told.events.findLast((event) => event.worker === worker);
          assert.equal(last?.kind, `worker.${told.state(worker)}`);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('leaves states that survive being stored as JSON', () => {
    const told = new Told('w1', 'w2').bringIn('w1').say('w1', failed());
    assert.deepEqual(JSON.parse(JSON.stringify(told.pool)), told.pool);
  });
});
