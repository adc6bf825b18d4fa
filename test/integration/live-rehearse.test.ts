// A rehearsal finds what a rule has forgotten: circuits that exist would be closed by the new code, unless their new member gets a
// value. Both on one private network of tors that are ready for updates.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startTwinLab, type TwinLab } from '@tearless/lab/twin/twin-lab.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { rehearse } from 'tearless/live/rehearse/rehearse.ts';
import type { RehearsalReport } from 'tearless/live/rehearse/report.ts';
import type { TwinNetwork } from 'tearless/live/rehearse/twin-network.ts';
import { parseRules } from 'tearless/live/rules/rules.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { memberOfCircuits } from 'tearless/live/testing/successors/layouts.ts';
import { successorEdits, successors } from 'tearless/live/testing/successors/successors.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const census = { schema: 'tearless.live-census/v1', circuits: 20, connections: 12, streams: 2 } as const;
const forgetful = 'schema: tearless.live-rules/v1\nmembers:\n  struct or_circuit_t.relay_credit: zero\n';

suite('a rehearsal on a twin', { skip: noInjection() ?? false, timeout: 30 * 60_000 }, () => {
  let former: LiveBuild;
  let next: LiveBuild;
  let means: Means;
  let lab: TwinLab;

  before(async () => {
    const turn = successors.indexOf(memberOfCircuits);
    const directories = (await ensureBuilds(successorEdits.slice(0, turn + 1))).slice(turn);
    const [one, other] = directories.map(loadBuild);
    assert.ok(one !== undefined && other !== undefined);
    [former, next] = [one, other];
    means = compileMeans();
    lab = await startTwinLab({
      name: `tlrehearse${process.pid}`,
      tor: join(directories[0] ?? '', 'tor'),
      ownerPid: process.pid,
    });
  });
  after(async () => {
    await lab?.stop();
    means?.[Symbol.dispose]();
  });

  const run = (network: TwinNetwork, rules: string): Promise<RehearsalReport> =>
    rehearse({
      former,
      next,
      rules: parseRules(rules, 'the rules'),
      rulesSha256: null,
      census,
      network,
      begin: (pid) => Streak.begin({ door: means.door, pid, build: former, ...patience }),
      at: new Date().toISOString(),
    });

  test('passes when streams of each kind stay whole through apply, rollback and apply', async () => {
    const report = await run(lab, memberOfCircuits.rules?.text ?? '');
    assert.deepEqual(
      [report.failures, report.streams.map(({ kind }) => kind)],
      [[], ['exit', 'onion', 'directory', 'control']],
    );
    assert.equal(report.phases.length, 5);
    assert.ok(report.reached.circuits >= census.circuits, `${report.reached.circuits} circuits`);
    assert.ok(report.predictedPauseUs > 0);
  });

  test('fails when the rule leaves circuits that exist with a zero', async () => {
    const report = await run({ twin: lab.bystander, bystander: lab.twin }, forgetful);
    assert.equal(report.passed, false);
    // Circuits of the relay beside it may lead through the twin, and break with it.
    assert.match(report.failures.join('\n'), /^the (exit|onion) stream (without any update )?broke/m);
  });
});
