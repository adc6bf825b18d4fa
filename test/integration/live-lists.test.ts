// Lists that a tor makes once, on a tor that runs: a key of its state file and options of onion services that only a later release knows.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { judgeUpdate } from 'tearless/live/apply/prepare-update.ts';
import { parseRules } from 'tearless/live/rules/rules.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { longerLists, serviceOption, stateKey } from 'tearless/live/testing/successors/lists.ts';
import type { Verdict } from 'tearless/live/verdict/reason.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const rules = parseRules(longerLists.rules?.text ?? '', 'rules');
/** Neither release knows it. */
const strange = 'NeverKnown 1 two';
const early = `${stateKey.name} 7`;

const saysOf = ({ verdict, reasons }: Verdict): readonly [string, readonly string[]] => [
  verdict,
  reasons.map(({ code, subject }) => `${code} ${subject}`).sort(),
];
const planned = ({ verdict, reasons }: Pick<typeof longerLists, 'verdict' | 'reasons'>): ReturnType<typeof saysOf> => [
  verdict,
  reasons.map((reason) => reason.join(' ')).sort(),
];

suite('lists that a tor makes once', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  let folder: string;
  let former: LiveBuild;
  let next: LiveBuild;
  let program: string;
  let means: Means;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-lists-'));
    const [first, second] = await ensureBuilds([longerLists.edit]);
    assert.ok(first !== undefined && second !== undefined);
    program = join(first, 'tor');
    former = loadBuild(first);
    next = loadBuild(second);
    means = compileMeans();
  });
  after(() => {
    means?.[Symbol.dispose]();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test('get the planned verdict, without rules and with them', () => {
    assert.deepEqual(saysOf(judgeUpdate(former, next, undefined)), planned(longerLists));
    assert.ok(longerLists.rules !== undefined);
    assert.deepEqual(saysOf(judgeUpdate(former, next, rules)), planned(longerLists.rules));
  });

  /** Lines about either key in the file that the code writes which runs now. */
  const written = async (control: Controller): Promise<string[]> => {
    const path = join(folder, 'state');
    rmSync(path);
    // Has the state saved at once; circuits that it would forget are none.
    await control.command({ keyword: 'DROPTIMEOUTS', args: [] });
    await waitFor(() => existsSync(path), { what: 'a state file', timeoutMs: 120_000 });
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(stateKey.name) || line.startsWith('NeverKnown'))
      .sort();
  };

  /** Has the tor take up an onion service, on the connection that was there before. */
  const serve = (control: Controller, burst?: number): Promise<void> =>
    control.setConf([
      ['HiddenServiceDir', join(folder, 'service')],
      ['HiddenServicePort', '80 127.0.0.1:9'],
      ...(burst === undefined ? [] : [[serviceOption.name, burst] as const]),
    ]);

  test('are made anew forward and back, with what the file had under a key that one of them does not know', async () => {
    writeFileSync(join(folder, 'state'), `${strange}\n${early}\n`);
    await using lone = await LoneTor.start(program, [`DataDirectory ${folder}`]);
    const { control, pid } = lone;
    const knowsFormer = async (): Promise<void> => {
      await serve(control);
      await assert.rejects(serve(control, serviceOption.byDefault), { code: 'control-unrecognized-entity' });
    };
    const knowsNext = async (): Promise<void> => {
      await serve(control, serviceOption.byDefault);
      await assert.rejects(serve(control, 1), { code: 'control-unrecognized-argument' });
      // A service that says nothing of it has the default, which is no zero; and the former release could read this one.
      await serve(control);
    };
    const saved = [`${stateKey.name} ${stateKey.value}`, strange];
    await knowsFormer();
    assert.deepEqual(await written(control), [early, strange]);
    const streak = await Streak.begin({ door: means.door, pid, build: former, ...patience });
    for (let turn = 0; turn < 2; turn++) {
      await streak.forward(next, rules);
      await knowsNext();
      assert.deepEqual(await written(control), saved);
      await streak.back();
      await knowsFormer();
      assert.deepEqual(await written(control), saved);
    }
    await streak.forward(next, rules);
    await serve(control, serviceOption.byDefault);
    await streak.back();
    // As a former release that is started with such a line: it takes no options until that is gone.
    const others = () => control.setConf({ MaxCircuitDirtiness: 700 });
    await assert.rejects(others, { code: 'control-unrecognized-argument' });
    await serve(control);
    await others();
    await streak.forward(next, rules);
    await knowsNext();
    // At its end it frees all of this.
    await control.signal('SHUTDOWN');
    assert.deepEqual(await lone.ended, [0, null]);
  });
});
