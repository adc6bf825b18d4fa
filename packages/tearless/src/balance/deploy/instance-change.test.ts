import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceSeen, InstanceWish } from './deploy-wish.ts';
import { planInstance } from './instance-change.ts';
import {
  addressNumber,
  data,
  dirOf,
  frontend,
  seenAs,
  serviceLines,
  socks,
  wishFor,
  workerAs,
} from './testing/seen.ts';

const stepsOf = (wish: InstanceWish, seen: InstanceSeen): string[] =>
  planInstance(wish, seen).steps.map(({ symbol, id }) => `${symbol}${id}`);
const torrcOf = (wish: InstanceWish, seen: InstanceSeen): unknown =>
  planInstance(wish, seen).steps.findLast(({ kind }) => kind === 'file.write')?.params.content;

describe('a new worker', () => {
  const wish = wishFor([workerAs('w1')]);

  it('gets its directory and ob_config before tor is told of it, and tor judges the text first', () => {
    const { steps, fresh, isServing } = planInstance(wish, seenAs(socks));
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['directory-shop-w1', 'addresses-shop-w1', 'check-torrc', 'torrc', 'reload'],
    );
    assert.deepEqual([fresh, isServing], [['shop-w1'], false]);
    assert.equal(
      torrcOf(wish, seenAs(socks)),
      `${socks}HiddenServiceDir ${data}/shop-w1\nHiddenServiceVersion 3\nHiddenServicePort 80 127.0.0.1:8080\nHiddenServiceOnionBalanceInstance 1\n`,
    );
    assert.equal(steps[1]?.params.content, `MasterOnionAddress ${frontend}\n`);
    assert.deepEqual(steps.at(-1)?.params, { instance: 'a', present: [`${data}/shop-w1`], absent: [], changes: [] });
  });

  it('answers for a private address too where it publishes nothing, and then nothing on its tor does', () => {
    const probe = addressNumber(8);
    const hidden = wishFor([workerAs('w1', { publishes: false, masters: [frontend, probe] })]);
    const { steps } = planInstance(hidden, seenAs(socks));
    assert.equal(steps[1]?.params.content, `MasterOnionAddress ${frontend}\nMasterOnionAddress ${probe}\n`);
    assert.match(String(torrcOf(hidden, seenAs(socks))), /^SocksPort 0\nPublishHidServDescriptors 0\nHiddenServiceDir/);
    const others = seenAs(`${socks}${serviceLines('blog', false)}`);
    assert.throws(() => planInstance(hidden, others), { code: 'balance-publishes-others' });
    assert.ok(planInstance({ ...hidden, neighbours: ['blog'] }, others).steps.length > 0);
    assert.match(
      String(torrcOf(wish, seenAs(`PublishHidServDescriptors 0\n${socks}`))),
      /^SocksPort 0\nHiddenServiceDir/,
    );
  });

  it('is told that its points end with the shared-random value where it begins to publish nothing', () => {
    const hidden = wishFor([workerAs('w1', { publishes: false })]);
    const codesOf = (torrc: string, one = hidden) => planInstance(one, seenAs(torrc)).warnings.map(({ code }) => code);
    assert.deepEqual(codesOf(socks), ['balance-points-end']);
    assert.deepEqual(codesOf(`PublishHidServDescriptors 0\n${socks}`), []);
    assert.deepEqual(codesOf(socks, wish), []);
  });

  it('gets the key back that was kept for its address, and never another one', () => {
    const known = wishFor([workerAs('w1', { address: addressNumber(5) })]);
    const kept = dirOf('shop-w1.kept-20260101-1', 5);
    const [step] = planInstance(known, seenAs(socks, [dirOf('shop-w1.kept-20260101-0', 6), kept])).steps;
    assert.equal(step?.params.publicKey, kept.publicKey);
    for (const dirs of [[], [dirOf('shop-w1.kept-20260101-0', 6)], [dirOf('other.kept-20260101-1', 5)]])
      assert.throws(() => planInstance(known, seenAs(socks, dirs)), { code: 'balance-worker-key-missing' });
  });
});

describe('a worker that runs', () => {
  const wish = wishFor([workerAs('w1')]);
  const running = `${socks}${serviceLines('shop-w1')}`;

  it('is left alone when it is as declared', () => {
    assert.deepEqual(stepsOf(wish, seenAs(running, [dirOf('shop-w1', 5)])), []);
    const spelled = running.replace('80 127.0.0.1:8080', '80   8080').replace('/shop-w1\n', '/shop-w1/\n');
    assert.deepEqual(stepsOf(wish, seenAs(spelled, [dirOf('shop-w1', 5)])), []);
  });

  it('goes off and on when it is to answer for a frontend, as tor takes that up in no other way', () => {
    const own = dirOf('shop-w1', 5, { isMade: false, obConfig: undefined });
    const seen = seenAs(`${socks}${serviceLines('shop-w1', false)}`, [own]);
    const steps = ['+addresses-shop-w1', '~check-torrc', '~torrc-off', '!reload-off', '~torrc', '~reload'];
    assert.deepEqual(stepsOf(wish, seen), steps);
    const planned = planInstance(wish, seen).steps;
    assert.equal(planned[2]?.params.content, socks);
    assert.deepEqual(planned[3]?.params.absent, [`${data}/shop-w1`]);
    assert.equal(planned[4]?.params.content, running);
    assert.deepEqual(planInstance(wish, seen).renewed, ['shop-w1']);
    const gains = wishFor([workerAs('w1', { masters: [frontend, addressNumber(8)] })]);
    assert.deepEqual(stepsOf(gains, seenAs(running, [dirOf('shop-w1', 5)])), ['~addresses-shop-w1', ...steps.slice(1)]);
  });

  it('keeps what else it answers for, and that is told', () => {
    const text = `# both\nMasterOnionAddress ${addressNumber(7)}\n`;
    const own = dirOf('shop-w1', 5, { obConfig: { mode: 0o644, text } });
    const { steps, warnings } = planInstance(wish, seenAs(running, [own]));
    assert.equal(steps[0]?.params.content, `${text}MasterOnionAddress ${frontend}\n`);
    assert.equal(steps[0]?.params.mode, 0o644);
    assert.match(warnings[0]?.message ?? '', /shop\/w1 answers for \S+ too/);
  });

  it('reloads and stays on for other ports', () => {
    const other = wishFor([workerAs('w1', { ports: ['80 127.0.0.1:9000', '443 127.0.0.1:9443'] })]);
    const seen = seenAs(running, [dirOf('shop-w1', 5)]);
    assert.deepEqual(stepsOf(other, seen), ['~check-torrc', '~torrc', '~reload']);
    assert.match(String(torrcOf(other, seen)), /Port 80 127.0.0.1:9000\nHiddenServicePort 443 127.0.0.1:9443\nHidden/);
  });

  it('goes when it is declared no longer, and its directory stays', () => {
    const none = wishFor([], { leavings: ['shop-w1'] });
    const { steps, gone } = planInstance(none, seenAs(running, [dirOf('shop-w1', 5)]));
    assert.deepEqual(
      steps.map(({ symbol, id }) => `${symbol}${id}`),
      ['~check-torrc', '~torrc', '-reload'],
    );
    assert.equal(steps[1]?.params.content, socks);
    assert.deepEqual(gone, ['shop-w1']);
    assert.deepEqual(stepsOf(none, seenAs(socks, [dirOf('shop-w1', 5)])), []);
  });
});

describe('what a deployment refuses', () => {
  const wish = wishFor([workerAs('w1')]);
  const cases: readonly (readonly [what: string, code: string, wish: InstanceWish, seen: InstanceSeen])[] = [
    ['a tor that does not run', 'balance-instance-down', wish, seenAs(socks, [], { activeState: 'failed' })],
    [
      'a tor that keeps its data elsewhere',
      'balance-data-directory',
      wish,
      seenAs(socks, [], { dataDirectory: '/srv' }),
    ],
    [
      'a directory without a key',
      'balance-directory-taken',
      wish,
      seenAs(socks, [dirOf('shop-w1', 5, { hasKey: false })]),
    ],
    [
      'a directory of another address',
      'balance-worker-identity',
      wishFor([workerAs('w1', { address: addressNumber(6) })]),
      seenAs(socks, [dirOf('shop-w1', 5)]),
    ],
    [
      'an ob_config that it could not put back',
      'balance-ob-config',
      wish,
      seenAs(socks, [dirOf('shop-w1', 5, { obConfig: { mode: 0o600, text: 'Something else\n' } })]),
    ],
    [
      'an ob_config that is no file',
      'balance-ob-config',
      wish,
      seenAs(socks, [dirOf('shop-w1', 5, { obConfig: { mode: 0o777, text: undefined } })]),
    ],
    ['a new unix socket', 'balance-unix-port', wishFor([workerAs('w1', { ports: ['80 unix:/run/x'] })]), seenAs(socks)],
  ];
  for (const [what, code, wanted, seen] of cases)
    it(what, () => assert.throws(() => planInstance(wanted, seen), { code }));

  it('a service whose lines stand in an included file', () => {
    const seen = seenAs('%include /etc/tor/more\n', [dirOf('shop-w1', 5)]);
    const text = serviceLines('shop-w1', false);
    const more = { path: '/etc/tor/more', text, sha256: '', mode: 0o644, owner: 'root', group: 'root' };
    const instance = { ...seen.instance, torrc: [...seen.instance.torrc, more] };
    assert.throws(() => planInstance(wish, { ...seen, instance }), { code: 'balance-included-service' });
  });

  it('no unix socket that is there already', () => {
    const unix = wishFor([workerAs('w1', { ports: ['80 unix:/run/x'] })]);
    const text = `${socks}${serviceLines('shop-w1').replace('127.0.0.1:8080', 'unix:/run/x')}`;
    assert.deepEqual(stepsOf(unix, seenAs(text, [dirOf('shop-w1', 5)])), []);
  });
});
