// Probes joined to the loop, by a played prober: what they find decides with the worker's own word who is in.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesNamed, randomNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../model/prober.ts';
import { derivePrivateKey } from '../probe/private-address.ts';
import { keysFromIdentity } from '../publish/period-keys.ts';
import { Bed, frontendAddress } from './testing/bed.ts';
import { settle } from './testing/virtual-clock.ts';

const minuteMs = 60_000;
const good: ProbeResult = { ok: true, tookMs: 300 };

/** Answers at once, as it is told for each address. */
class PlayedProber implements Prober {
  readonly path = 'the played tor';
  readonly targets: ProbeTarget[] = [];
  readonly answers = new Map<string, ProbeResult>();
  usual: ProbeResult = good;

  async probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const problem = await target.prepare?.(signal);
    this.targets.push(target);
    if (problem !== undefined) return { ok: false, why: problem, blame: 'descriptor' };
    return this.answers.get(target.onionAddress) ?? this.usual;
  }
}

const startWith = async (prober: PlayedProber, bed: Bed): Promise<void> => {
  bed.start({ makeProber: async () => prober });
  await bed.sayUp();
  await bed.clock.pass(1_000);
};
const whyOf = (bed: Bed, worker: string): string | undefined =>
  bed.events.flatMap((event) => (event.kind === 'worker.changed' && event.worker === worker ? [event.why] : [])).at(-1);

describe('probes', () => {
  it('let workers in whose own word is good, as soon as they answer', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    prober.answers.set(bed.worker(2).onionAddress, { ok: false, why: 'no rendezvous' });
    await startWith(prober, bed);
    await bed.clock.pass(minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2']);
    prober.answers.clear();
    await bed.clock.pass(3 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
  });

  it('take out a worker that does not answer twice, within seconds of each other', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    await startWith(prober, bed);
    await bed.clock.pass(5 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    const before = prober.targets.length;
    const address = bed.worker(0).onionAddress;
    prober.answers.set(address, { ok: false, why: 'no answer within 10 s' });
    await bed.clock.pass(2 * minuteMs);
    assert.deepEqual(bed.standing(), ['w2', 'w3']);
    assert.match(whyOf(bed, 'w1') ?? '', /the played tor did not reach it: no answer within 10 s/);
    const probes = prober.targets.slice(before).filter(({ onionAddress }) => onionAddress === address);
    assert.ok(probes.length <= 4, `${probes.length} probes in two minutes`);
  });

  it('take out a worker at the first failure when its helper is lost, and ask at once', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    await startWith(prober, bed);
    await bed.clock.pass(5 * minuteMs);
    prober.answers.set(bed.worker(1).onionAddress, { ok: false, why: 'no answer' });
    bed.worker(1).say({ kind: 'lost', why: 'connection reset' }, bed.clock.now());
    await bed.clock.pass(100);
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
  });

  it('do not ask a worker that says itself that it is down', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    await startWith(prober, bed);
    bed.worker(0).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await settle();
    const before = prober.targets.length;
    await bed.clock.pass(5 * minuteMs);
    const asked = new Set(prober.targets.slice(before).map(({ onionAddress }) => onionAddress));
    assert.equal(asked.has(bed.worker(0).onionAddress), false);
    assert.equal(asked.size, 2);
  });

  it('say nothing of workers while their way does not work, which is told once, and when it is over', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    await startWith(prober, bed);
    await bed.clock.pass(2 * minuteMs);
    prober.usual = { ok: false, why: 'no circuit within 20 s', blame: 'path' };
    await bed.clock.pass(10 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    assert.equal(bed.count('probes.blind'), 1);
    prober.usual = good;
    await bed.clock.pass(3 * minuteMs);
    assert.equal(bed.count('probes.recovered'), 1);
  });

  it('ask for what is declared, and only for an answer of its tor where no port is known', async () => {
    await using bed = await Bed.open({ workers: 2 });
    const prober = new PlayedProber();
    const [first, second] = bed.config.workers;
    assert.ok(first !== undefined && second !== undefined);
    const http = { kind: 'http', host: frontendAddress } as const;
    bed.config = {
      ...bed.config,
      workers: [
        { ...first, port: 8080, probe: http },
        { ...second, port: null },
      ],
    };
    await startWith(prober, bed);
    const of = (index: number) =>
      prober.targets.find(({ onionAddress }) => onionAddress === bed.worker(index).onionAddress);
    assert.deepEqual([of(0)?.port, of(0)?.expects], [8080, http]);
    assert.deepEqual(of(1)?.expects, { kind: 'tor' });
  });

  it('go to the private address of a worker that has one, when that is published to one directory a replica', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    const { onionAddress } = bed.worker(0);
    const secret = new Sensitive(bytesNamed('probe secret'));
    const key = derivePrivateKey(secret, { frontend: frontendAddress, worker: onionAddress });
    const privateKeys = keysFromIdentity(key, randomNamed('private'));
    const [first, ...rest] = bed.config.workers;
    assert.ok(first !== undefined);
    bed.config = { ...bed.config, workers: [{ ...first, privateKeys }, ...rest] };
    await startWith(prober, bed);
    await bed.clock.pass(3 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    const asked = new Set(prober.targets.map((target) => target.onionAddress));
    assert.ok(asked.has(key.address) && !asked.has(onionAddress));
    const posts = () => bed.tor.posts.filter(({ address }) => address === key.address);
    assert.equal(posts().length, 2);
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['1', '2', '4'] });
    await bed.clock.pass(2 * minuteMs);
    assert.equal(posts().length, 4);
    assert.ok((posts()[3]?.counter ?? 0n) > (posts()[0]?.counter ?? 0n));
    assert.equal(JSON.stringify(await bed.status()).includes(key.address), false, 'nobody is shown the address');
  });

  it('whose private descriptor no directory takes say nothing of the worker', async () => {
    await using bed = await Bed.open();
    const prober = new PlayedProber();
    const key = derivePrivateKey(new Sensitive(bytesNamed('probe secret')), { frontend: 'f', worker: 'w' });
    const [first, ...rest] = bed.config.workers;
    assert.ok(first !== undefined);
    bed.config = {
      ...bed.config,
      workers: [{ ...first, privateKeys: keysFromIdentity(key, randomNamed('private')) }, ...rest],
    };
    await startWith(prober, bed);
    await bed.clock.pass(3 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    for (const { hsDir } of bed.tor.view.periods[0].ring.members) bed.tor.behaviours.set(hsDir.fingerprint, 'fail');
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['1', '2', '4'] });
    await bed.clock.pass(5 * minuteMs);
    const blind = bed.events.filter((event) => event.kind === 'probes.blind');
    assert.deepEqual(
      blind.map(({ worker }) => worker),
      [{ frontend: frontendAddress, worker: 'w1' }],
    );
    assert.equal((await bed.status()).workers.find(({ id }) => id === 'w1')?.state, 'in');
  });
});
