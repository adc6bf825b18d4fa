// Who gets the visitors: twelve workers with weights of 1 and 3 on three tors, in a network with relays enough that their
// introduction points seldom meet at one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { countAnswers, timesOf } from '@tearless/lab/traffic/visiting.ts';
import { type Visit, Visitor } from '@tearless/lab/traffic/visitor.ts';
import { goodnessOfFit } from '../../packages/tearless/src/stats/hypothesis/goodness-of-fit.ts';
import { declareFrontend, type InProcessBalancer, runInProcess } from './balance/in-process.ts';
import { type OnionLab, startOnionLab } from './balance/onion-lab.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const visitsAsked = 200;
/** So unlikely a sample is taken for another distribution. */
const leastP = 0.001;

suite('weights of workers', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-weights-'));
  let lab: OnionLab;
  let balancer: InProcessBalancer;
  const weightOf = (index: number): number => (index % 2 === 0 ? 1 : 3);

  before(async () => {
    lab = await startOnionLab(`weights${process.pid}`, { workers: 12, hosts: 3, visitors: 8, relays: 36 });
    const workers = lab.workers.map(({ name, address }, index) => ({
      id: name,
      onionAddress: address,
      weight: weightOf(index),
      port: 80,
    }));
    balancer = await runInProcess(lab, join(folder, 'store.db'), { frontends: [declareFrontend(lab, workers)] });
    await balancer.watch.until(({ kind }) => kind === 'round.published');
  });
  after(async () => {
    await balancer?.stop();
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('two hundred clients that know nothing reach every worker, by its weight', async () => {
    const visits: Visit[] = [];
    const keepVisiting = async (visitor: Visitor): Promise<void> => {
      while (visits.length < visitsAsked) {
        await visitor.forget();
        visits.push(await visitor.visit(lab.frontend.address));
      }
    };
    await Promise.all(lab.visitors.map((node) => keepVisiting(new Visitor(node))));
    assert.ok(visits.every(({ isFresh }) => isFresh));
    assert.deepEqual(
      visits.filter(({ outcome }) => outcome !== 'ok'),
      [],
    );
    const answers = countAnswers(visits);
    const counts = lab.workers.map(({ name }) => answers.get(name) ?? 0);
    const told = `${counts.join(' ')}; ${JSON.stringify(timesOf(visits))}`;
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
});
