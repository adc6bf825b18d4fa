// Twelve workers with weights of 1 and 3 on three tors, in a network with relays enough that their introduction points
// seldom meet at one: who gets the visitors, and what they notice when a tor with a third of the workers is killed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Crowd, startCrowd } from '@tearless/lab/traffic/crowd.ts';
import { countAnswers, failuresAfter, startVisiting, timesOf } from '@tearless/lab/traffic/visiting.ts';
import { type Visit, Visitor } from '@tearless/lab/traffic/visitor.ts';
import { goodnessOfFit } from '../../packages/tearless/src/stats/hypothesis/goodness-of-fit.ts';
import { declareFrontend, type InProcessBalancer, runInProcess } from './balance/in-process.ts';
import { helperOf } from './balance/node-helper.ts';
import { type LabWorker, type OnionLab, startOnionLab } from './balance/onion-lab.ts';
import { leadTo, untilHeld } from './balance/standing.ts';
import { agreeOnPeriod, untilPeriodAfter } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const soak = process.env.TEARLESS_SOAK === '1';
/** With 280, weights of 1 and 3 are taken for equal ones in one run of a thousand; with 200, in one of a hundred. */
const visitsAsked = soak ? 280 : 64;
const shortForm = 'nine minutes: `npm run test:soak` runs it';
const wholePeriodMs = 25 * 20_000;
/** So unlikely a sample is taken for another distribution. */
const leastP = 0.001;

suite('visitors of twelve workers', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-load-'));
  let lab: OnionLab;
  let balancer: InProcessBalancer;
  let crowd: Crowd;
  let visitorNodes: OnionLab['visitors'];
  const weightOf = (index: number): number => (index % 2 === 0 ? 1 : 3);

  before(async () => {
    lab = await startOnionLab(`load${process.pid}`, { workers: 12, hosts: 3, visitors: 9, relays: 40 });
    const [crowdNode, ...rest] = lab.visitors;
    assert.ok(crowdNode !== undefined);
    visitorNodes = rest;
    crowd = await startCrowd(crowdNode, lab.network);
    const workers = lab.workers.map((worker, index) => ({
      id: worker.name,
      onionAddress: worker.address,
      weight: weightOf(index),
      port: 80,
      helper: helperOf(worker),
    }));
    balancer = await runInProcess(lab, join(folder, 'store.db'), { frontends: [declareFrontend(lab, workers)] });
    await untilHeld(balancer.watch, balancer.readRounds, leadTo(lab.workers.map(({ name }) => name)));
  });
  after(async () => {
    await crowd?.stop();
    await balancer?.stop();
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(`${visitsAsked} clients that know nothing are led to workers${soak ? ' by their weight' : ''}, and nobody in vain`, async (context) => {
    const visits: Visit[] = [];
    const keepVisiting = async (visitor: Visitor): Promise<void> => {
      while (visits.length < visitsAsked) {
        await visitor.forget();
        visits.push(await visitor.visit(lab.frontend.address));
      }
    };
    await Promise.all(visitorNodes.map((node) => keepVisiting(new Visitor(node))));
    assert.ok(visits.every(({ isFresh }) => isFresh));
    assert.deepEqual(
      visits.filter(({ outcome }) => outcome === 'failed'),
      [],
    );
    const answers = countAnswers(visits);
    const counts = lab.workers.map(({ name }) => answers.get(name) ?? 0);
    const told = `${counts.join(' ')}; ${failuresAfter(visits, 0).length} attempts failed; ${JSON.stringify(timesOf(visits))}`;
    context.diagnostic(told);
    // The few of the short form tell no shares.
    if (!soak) return;
    assert.ok(Math.min(...counts) > 0, told);
    const byWeight = goodnessOfFit(
      counts,
      counts.map((_, index) => weightOf(index)),
    );
    const alike = goodnessOfFit(
      counts,
      counts.map(() => 1),
    );
    assert.ok(byWeight.p > leastP, `${told}: p = ${byWeight.p} by weight`);
    assert.ok(alike.p < leastP, `${told}: p = ${alike.p} for equal weights`);
  });

  test('a tor that is killed under load is in no descriptor soon, and nobody is turned away for good', async (context) => {
    const [tor] = lab.workers.map((worker) => worker.tor);
    assert.ok(tor !== undefined);
    const isOn = (worker: LabWorker) => worker.tor === tor;
    const dead = new Set(lab.workers.filter(isOn).map(({ name }) => name));
    assert.equal(dead.size, 4);
    const alive = lab.workers.map(({ name }) => name).filter((one) => !dead.has(one));
    const visitors = visitorNodes.map((node) => new Visitor(node));
    const visiting = startVisiting({
      visitors,
      address: lab.frontend.address,
      everyMs: 400,
      memoryMs: 10_500,
    });
    try {
      await visiting.untilAllFresh(); // and with what they know in between: load of both kinds
      const killedMs = Date.now();
      const lost = Promise.all(
        [...dead].map((worker) =>
          balancer.watch.next(
            (event) => event.kind === 'worker.changed' && event.worker === worker && event.state === 'out',
          ),
        ),
      );
      await tor.stop({ signal: 'SIGKILL' });
      await lost;
      await untilHeld(balancer.watch, balancer.readRounds, leadTo(alive));
      const publishedMs = Date.now();
      await visiting.untilAllFresh(); // until then: what those meet who still have the old ones
      const visits = await visiting.stop();
      assert.deepEqual(
        visits.filter(({ outcome }) => outcome === 'failed'),
        [],
      );
      // Who knows nothing reads only descriptors without them from then on.
      const fresh = await Promise.all(
        visitors.map(async (visitor) => {
          await visitor.forget();
          return visitor.visit(lab.frontend.address);
        }),
      );
      assert.deepEqual(
        fresh.filter(({ isFresh, outcome, answer = '' }) => !isFresh || outcome === 'failed' || dead.has(answer)),
        [],
      );
      assert.deepEqual(
        visits.filter(({ answer = '', endMs }) => dead.has(answer) && endMs > publishedMs),
        [],
      );
      // On a machine with too little time circuits fail for other reasons, too.
      if (soak) {
        assert.deepEqual(failuresAfter(visits, killedMs + 10_000), []);
        assert.deepEqual(failuresAfter(fresh, publishedMs), []);
      }
      const failures = failuresAfter(visits, killedMs);
      const lastMs = Math.max(killedMs, ...failures.map(({ startMs }) => startMs));
      const during = visits.filter(({ endMs, startMs }) => endMs > killedMs && startMs < publishedMs);
      const seconds = (ms: number): string => `${((ms - killedMs) / 1000).toFixed(1)} s`;
      context.diagnostic(
        `after the kill: in no descriptor after ${seconds(publishedMs)}; ${failures.length} attempts of ${visits.length} visits failed, the last of them begun after ${seconds(lastMs)}; slowest visit meanwhile ${timesOf(during)?.maxMs} ms`,
      );
    } finally {
      await visiting.stop();
    }
  });

  // A period of 24 voting intervals of 20 s has one change of the period and one of the shared-random value. The short form
  // is the first test: it takes half a period, and nobody may fail there either.
  test('over a whole time period nobody lacks a descriptor', { skip: soak ? false : shortForm }, async (context) => {
    const begunIn = await agreeOnPeriod([lab.balancer, ...visitorNodes]);
    const visiting = startVisiting({
      visitors: visitorNodes.map((node) => new Visitor(node)),
      address: lab.frontend.address,
      everyMs: 500,
      memoryMs: 10_500,
    });
    let visits: readonly Visit[] = [];
    try {
      await new Promise((resolve) => setTimeout(resolve, wholePeriodMs));
      await untilPeriodAfter(lab.balancer, begunIn);
    } finally {
      visits = await visiting.stop();
    }
    context.diagnostic(`${visits.length} visits; ${JSON.stringify(timesOf(visits))}`);
    assert.deepEqual(
      visits.filter(
        ({ outcome, attempts }) =>
          outcome === 'failed' || attempts.some(({ reason }) => reason?.startsWith('onion descriptor') === true),
      ),
      [],
    );
  });
});
