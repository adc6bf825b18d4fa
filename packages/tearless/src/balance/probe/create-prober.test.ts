import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { ProbeTarget } from '../model/prober.ts';
import { createProber, type ProbeName, type ProberOptions } from './create-prober.ts';

const onionAddress = `${'a'.repeat(56)}.onion`;
const target: ProbeTarget = { onionAddress, port: 80 };
const never = new AbortController().signal;
const reply = (code: number): number[] => [5, code, 0, 1, 0, 0, 0, 0, 0, 0];

/** A SOCKS port that says this at the end of its handshake, and then this to what is asked over the stream. */
const port = (code: number, said = ''): Duplex => {
  const answers = [[5, 2], [1, 0], reply(code), [...Buffer.from(said)]];
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      const answer = answers.shift() ?? [];
      if (answer.length > 0) this.push(Uint8Array.from(answer));
      const isRefused = answers.length === 1 && code !== 0;
      if (answer.length === 0 || isRefused) this.push(null);
      done();
    },
  });
};

const setUp = (socks: () => Duplex, more: Partial<ProberOptions> = {}) => {
  const closed: ProbeName[] = [];
  let checks = 0;
  let forgotten = 0;
  let opened: Duplex | undefined;
  const prober = createProber({
    path: 'tor',
    openSocks: async () => {
      opened = socks();
      return opened;
    },
    closeCircuits: async (name) => {
      closed.push(name);
    },
    findPathProblem: async () => {
      checks += 1;
      return undefined;
    },
    forgetFailures: async () => {
      forgotten += 1;
    },
    clock: systemClock,
    randomBytes: (bytes) => new Uint8Array(bytes).fill(7),
    ...more,
  });
  return { prober, closed, checks: () => checks, forgotten: () => forgotten, opened: () => opened };
};

suite('a probe', () => {
  test('of a service that answers is good, and leaves nothing open', async () => {
    const { prober, closed, opened } = setUp(() => port(0));
    const result = await prober.probe(target, never);
    assert.equal(result.ok, true);
    assert.equal(opened()?.destroyed, true);
    assert.deepEqual(closed, [{ username: 'tearless-probe-0707070707070707', onionAddress }]);
  });

  test('tells why, and looks at the way only where that may be to blame', async () => {
    const cases = [
      [0xf0, /no directory has its descriptor/, 0],
      [0xf2, /introduction points/, 1],
      [5, /refuses connections/, 0],
      [0xf3, /rendezvous/, 1],
      [0xf7, /in time/, 1],
      [1, /ExtendedErrors/, 1],
      [99, /not known/, 1],
    ] as const;
    for (const [code, why, wanted] of cases) {
      const { prober, closed, checks } = setUp(() => port(code));
      const result = await prober.probe(target, never);
      assert.ok(!result.ok);
      assert.match(result.why, why);
      assert.equal(result.blame, undefined);
      assert.equal(checks(), wanted, `reply ${code}`);
      assert.equal(closed.length, 1);
    }
  });

  test('says nothing of the service where the way does not work', async () => {
    const { prober } = setUp(() => port(0xf3), { findPathProblem: async () => 'no circuit' });
    const result = await prober.probe(target, never);
    assert.ok(!result.ok && result.blame === 'path');
    assert.match(result.why, /no circuit/);
    const gone = setUp(() => {
      throw new Error('no socket');
    });
    const there = await gone.prober.probe(target, never);
    assert.deepEqual(there, { ok: false, why: 'no socket', blame: 'path' });
  });

  test('of an address that the balancer publishes itself does not blame the worker for its descriptor', async () => {
    const { prober } = setUp(() => port(0xf0));
    const result = await prober.probe({ ...target, prepare: async () => undefined }, never);
    assert.ok(!result.ok && result.blame === 'descriptor');
    const refused = setUp(() => port(0));
    const unprepared = await refused.prober.probe({ ...target, prepare: async () => 'no directory takes it' }, never);
    assert.deepEqual(unprepared, { ok: false, why: 'no directory takes it', blame: 'descriptor' });
    assert.equal(refused.opened(), undefined);
  });

  test('brings such an address up to date after tor has forgotten, not before', async () => {
    const order: string[] = [];
    const { prober } = setUp(() => port(0xf3), {
      forgetFailures: async () => {
        order.push('forget');
      },
    });
    const prepare = async () => {
      order.push('prepare');
      return undefined;
    };
    await prober.probe({ ...target, prepare }, never);
    await prober.probe({ ...target, prepare }, never);
    assert.deepEqual(order, ['prepare', 'forget', 'prepare']);
  });

  test('of a worker whose ports are not known is content with the word of its tor', async () => {
    const expects = { kind: 'tor' } as const;
    for (const [code, ok] of [
      [0, true],
      [5, true],
      [0xf2, false],
      [1, false],
    ] as const) {
      const { prober } = setUp(() => port(code));
      assert.equal((await prober.probe({ ...target, expects }, never)).ok, ok, `reply ${code}`);
    }
  });

  test('ends at its deadline', async () => {
    const silent = () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const { prober, opened } = setUp(silent, { patience: { leastMs: 20, mostMs: 20 } });
    const result = await prober.probe(target, never);
    assert.ok(!result.ok);
    assert.match(result.why, /no answer within/);
    assert.equal(opened()?.destroyed, true);
  });

  test('that is given up rejects with the reason, and closes its circuits too', async () => {
    const silent = () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const { prober, closed } = setUp(silent);
    const giveUp = new AbortController();
    const probing = prober.probe(target, giveUp.signal);
    setImmediate(() => giveUp.abort(new Error('enough')));
    await assert.rejects(probing, /enough/);
    assert.equal(closed.length, 1);
  });

  test('the second look after a failure is at a tor that has forgotten the first', async () => {
    let code = 0xf2;
    const { prober, forgotten } = setUp(() => port(code));
    const counts: number[] = [];
    for (const next of [0xf2, 0xf2, 0xf2, 0, 0, 0xf2, 0xf2]) {
      code = next;
      await prober.probe(target, never);
      counts.push(forgotten());
    }
    assert.deepEqual(counts, [0, 1, 1, 1, 1, 1, 2]);
  });

  const answers: [string, RegExp | undefined][] = [
    ['HTTP/1.1 200 OK\r\n\r\n', undefined],
    ['HTTP/1.0 404 Not Found\r\n', undefined],
    ['HTTP/1.1 301\r\n', undefined],
    ['HTTP/1.1 502 Bad Gateway\r\n', /status 502/],
    ['SSH-2.0-OpenSSH\r\n', /no web server/],
    ['', /hung up/],
    ['x'.repeat(5000), /no web server/],
  ];
  for (const [said, problem] of answers) {
    test(`for a web server takes "${said.slice(0, 20).trim()}" for ${problem === undefined ? 'an answer' : 'none'}`, async () => {
      const { prober } = setUp(() => port(0, said));
      const result = await prober.probe({ ...target, expects: { kind: 'http', host: onionAddress } }, never);
      assert.equal(result.ok, problem === undefined);
      if (!result.ok) assert.match(result.why, problem ?? /./);
    });
  }
});
