// One process after the other carried over a row of successor versions, forward and back, while streams through all of them stay open:
// an exit relay, an onion service's tor and a client. In the long form there is one successor more, and the relay makes 500 transitions.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { type HeldNetwork, startHeldNetwork } from '@tearless/lab/traffic/held-network.ts';
import type { HeldStream } from '@tearless/lab/traffic/held-stream.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { parseRules, type Rules } from 'tearless/live/rules/rules.ts';
import { renderPauses } from 'tearless/live/streak/pauses.ts';
import { Streak, type StreakStep } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { eventNames, newEvent, newEventInTable } from 'tearless/live/testing/successors/events.ts';
import { type Successor, suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successors as allSuccessors, editsOf, quickSuccessors } from 'tearless/live/testing/successors/successors.ts';
import { authority, changedTable } from 'tearless/live/testing/successors/tables.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const isLong = process.env.TEARLESS_SOAK === '1';
const successors = isLong ? allSuccessors : quickSuccessors;
const transitions = isLong ? 500 : 20;
const streamsOf = { exit: 30, onion: 25 };

const rulesOf = (index: number): Rules | undefined => {
  const text = successors[index]?.rules?.text;
  return text === undefined ? undefined : parseRules(text, `rules of successor ${index + 1}`);
};

const unknown = { code: 'control-unrecognized-entity' };

/** Whether a tor knows what only that code knows, on a connection that was there before. */
const verifyKnown = async (control: Controller, knows: Successor['knows'], isThere: boolean): Promise<void> => {
  if (knows === undefined) return;
  if ('info' in knows) {
    const { info, answer } = knows;
    // A question that came together with the update is answered before the loop is left.
    const said = async () => (await control.getInfo(info)) === answer;
    if (isThere) await waitFor(said, { what: `${answer} for ${info}`, timeoutMs: 60_000 });
    else await assert.rejects(control.getInfo(info), unknown);
    return;
  }
  const { option, initial } = knows;
  const names = (await control.getInfo('config/names')).split('\n').map((line) => line.split(' ')[0]);
  assert.equal(names.includes(option), isThere, option);
  if (!isThere) {
    await assert.rejects(control.getConf(option), unknown);
    return;
  }
  assert.deepEqual(await control.getConf(option), [initial]);
  await control.setConf({ [option]: '7' });
  assert.deepEqual(await control.getConf(option), ['7']);
  await control.resetConf([option]);
  assert.deepEqual(await control.getConf(option), [initial]);
};

/** What a tor has registered to do now and then, in that order: it names all of it whenever it has taken other options. */
const listEvents = async (control: Controller): Promise<string[]> => {
  const events = control.events('DEBUG', 'CONF_CHANGED');
  await events.ready;
  for (const value of ['1', '0']) await control.setConf({ MainloopStats: value });
  const names: string[] = [];
  let changes = 0;
  for await (const event of events) {
    if (event.type === 'CONF_CHANGED') {
      changes += 1;
      if (changes === 2) break;
      continue;
    }
    const name = /(?:Launching|Disabling) periodic event (\w+)$/.exec(event.text)?.[1];
    if (changes === 1 && name !== undefined) names.push(name);
  }
  // It may go over them more than once.
  const again = names.indexOf(names[0] ?? '', 1);
  return again < 0 ? names : names.slice(0, again);
};

suite('a row of successor versions', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  let directories: string[];
  let builds: LiveBuild[];
  let means: Means;
  /** Those that can be carried. */
  let row: readonly LiveBuild[];

  before(async () => {
    directories = await ensureBuilds(editsOf(successors));
    builds = directories.map(loadBuild);
    row = builds.slice(0, -1);
    means = compileMeans();
  });
  after(() => means?.[Symbol.dispose]());

  const at = (index: number): LiveBuild => {
    const build = builds[index];
    assert.ok(build !== undefined);
    return build;
  };

  test('a changed table is what a tor goes by when it reads it again, and the former one on the way back', async () => {
    const turn = successors.indexOf(changedTable);
    await using lone = await LoneTor.start(`${directories[turn]}/tor`);
    const { control, pid } = lone;
    const place = /Trusted \d+ dirserver at (128\.31\.0\.39:\d+)/;
    /** Without the directories that it begins with otherwise, or with them again, a tor reads its list of authorities anew. */
    const trusted = async (isDefault: '0' | '1'): Promise<string | undefined> => {
      const [{ text }] = await Promise.all([
        control.waitFor('DEBUG', (event) => place.test(event.text)),
        control.setConf({ UseDefaultFallbackDirs: isDefault }),
      ]);
      return place.exec(text)?.[1];
    };
    assert.equal(await trusted('0'), authority.former);
    const streak = await Streak.begin({ door: means.door, pid, build: at(turn), ...patience });
    await streak.forward(at(turn + 1), undefined);
    assert.equal(await trusted('1'), authority.next);
    await streak.back();
    assert.equal(await trusted('0'), authority.former);
  });

  const eventCases = [
    { what: 'of its own', successor: newEvent, name: eventNames.ofItsOwn },
    { what: 'in the table of the main loop', successor: newEventInTable, name: eventNames.inTable },
  ];
  for (const { what, successor, name } of eventCases)
    test(`a periodic event ${what} is run by a tor that was started without it, and no more on the way back`, async () => {
      const turn = successors.indexOf(successor);
      const rules = rulesOf(turn);
      assert.ok(rules !== undefined);
      await using lone = await LoneTor.start(`${directories[turn]}/tor`);
      const { control, pid } = lone;
      const before = await listEvents(control);
      assert.ok(before.length > 20 && !before.includes(name));
      const streak = await Streak.begin({ door: means.door, pid, build: at(turn), ...patience });
      const forward = async (some: Rules): Promise<string[]> => {
        await streak.forward(at(turn + 1), some);
        await verifyKnown(control, successor.knows, true);
        return listEvents(control);
      };
      const there = await forward(rules);
      assert.deepEqual(
        there.filter((one) => one !== name),
        before,
      );
      assert.equal(there.length, before.length + 1);
      await streak.back();
      assert.deepEqual(await listEvents(control), before);
      // Without a rule for going back the former code goes on with it; the next update takes it off with all others.
      assert.deepEqual(await forward({ ...rules, down: { members: {}, variables: {}, calls: [] } }), there);
      await streak.back();
      assert.deepEqual(await listEvents(control), there);
      assert.deepEqual(await forward(rules), there);
      await streak.back();
      assert.deepEqual(await listEvents(control), before);
    });

  test('a table of events that a tor has written to is refused without a rule, and all is as before', async () => {
    const turn = successors.indexOf(newEventInTable);
    const rules = rulesOf(turn);
    assert.ok(rules !== undefined);
    await using lone = await LoneTor.start(`${directories[turn]}/tor`);
    const { control, pid } = lone;
    const before = await listEvents(control);
    const streak = await Streak.begin({ door: means.door, pid, build: at(turn), ...patience });
    await assert.rejects(streak.forward(at(turn + 1), { ...rules, anew: [] }), { code: 'live-inject-refused' });
    assert.deepEqual(await listEvents(control), before);
    await verifyKnown(control, successors[turn]?.knows, false);
  });

  suite('under traffic', () => {
    let lab: HeldNetwork;
    let streams: HeldStream[];
    /** Opened before anything is carried. */
    const controls = new Map<NetworkNode, Controller>();
    const steps: StreakStep[] = [];

    before(async () => {
      const [first] = await ensureBuilds([]);
      lab = await startHeldNetwork(`tlstreak${process.pid}`, { tor: `${first}/tor` });
      for (const node of [lab.exit, lab.service, lab.client]) controls.set(node, await node.control);
      streams = [
        ...(await lab.openStreams('exit', streamsOf.exit)),
        ...(await lab.openStreams('onion', streamsOf.onion)),
      ];
    });
    after(() => lab?.stop());

    const begun = new Map<NetworkNode, Streak>();
    const begin = async (node: NetworkNode): Promise<Streak> => {
      const options = { door: means.door, pid: node.pid ?? 0, build: at(0), ...patience };
      const streak = begun.get(node) ?? (await Streak.begin(options));
      begun.set(node, streak);
      return streak;
    };

    /** What the code that runs says of itself, on the connection that was there before all. */
    const verify = async (node: NetworkNode, generation: number): Promise<void> => {
      const control = controls.get(node);
      assert.ok(control !== undefined);
      const version = await control.getInfo('version');
      if (generation === 0) assert.doesNotMatch(version, /carried/);
      else assert.match(version, new RegExp(` ${suffixOf(generation)}$`));
      for (const [index, { knows }] of successors.entries()) await verifyKnown(control, knows, index < generation);
      assert.deepEqual(
        streams.filter(({ cut }) => cut !== undefined).map(({ name, cut }) => `${name}: ${cut}`),
        [],
      );
    };

    /** The process itself says what it has become, and so does its tor. */
    const taken = async (node: NetworkNode, step: StreakStep, generation: number): Promise<void> => {
      steps.push(step);
      assert.equal(step.buildId, at(generation).manifest.buildId);
      await verify(node, generation);
    };

    const forward = async (node: NetworkNode, streak: Streak, generation: number): Promise<void> => {
      await taken(node, await streak.forward(at(generation), rulesOf(generation - 1)), generation);
    };

    /** Up and down the row until so many transitions were made, and to its end or its beginning. */
    const carry = async (node: NetworkNode, least: number): Promise<void> => {
      const pid = node.pid;
      const streak = await begin(node);
      for (let made = 0; made < least; ) {
        for (let generation = 1; generation < row.length; generation++, made++) await forward(node, streak, generation);
        for (let generation = row.length - 2; generation >= 0; generation--, made++) {
          await taken(node, await streak.back(), generation);
        }
      }
      assert.equal(node.pid, pid);
      await Promise.all(streams.map((stream) => stream.moves()));
    };

    test(`the exit relay makes ${transitions} transitions and serves on`, async () => {
      assert.ok(streams.length >= 50);
      await carry(lab.exit, transitions);
    });

    test('the tor of an onion service goes over the row and back', () => carry(lab.service, 1));

    test('a client goes over the row and back', () => carry(lab.client, 1));

    test('a version that must be refused changes nothing', async () => {
      const streak = await begin(lab.exit);
      for (let generation = 1; generation < row.length; generation++) await forward(lab.exit, streak, generation);
      await assert.rejects(streak.forward(at(row.length), undefined), { code: 'live-verdict-refused' });
      await verify(lab.exit, row.length - 1);
    });

    test('every stream is alive at the end, byte for byte', async (t) => {
      await Promise.all(streams.map((stream) => stream.moves()));
      const finished = await Promise.all(streams.map((stream) => stream.finish()));
      assert.ok(finished.every(({ bytes }) => bytes > 0));
      for (const control of controls.values()) assert.match(await control.getInfo('version'), /^0\./);
      for (const line of renderPauses(steps.map(({ pauseUs }) => pauseUs))) t.diagnostic(line);
    });
  });
});
