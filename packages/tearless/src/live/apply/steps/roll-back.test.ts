// A rollback takes back the update that it was planned for, or one of which nobody knows whether it took place, and nothing else; and
// what it took back comes up again only on what it stood on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StepContext } from '../../../change/step.ts';
import type { CallOptions } from '../../../host/host.ts';
import type { ProcessRecord, UpdateRecord } from '../../status/process-record.ts';
import type { LiveMeans } from '../means.ts';
import { sampleReport, sampleUpdate } from '../testing/samples.ts';
import { rollBackStep } from './roll-back.ts';

const build = (digits: string): string => digits.repeat(20);
const maps = '55500000-55501000 r-xp 00000000 00:00 1 /tor\n';
const done = `${JSON.stringify(sampleReport('rollback', 'done'))}\n0\n`;

let made = 0;
const update = (state: UpdateRecord['state'], from: string, to: string): UpdateRecord =>
  sampleUpdate(state, build(from), build(to), {
    versions: [from, to],
    at: `2026-01-09T14:02:${String(10 + made++)}.000Z`,
  });

/** A host that keeps these updates of a process that was started from the build `aa`. */
const hostWith = (...updates: readonly UpdateRecord[]) => {
  const modes: string[] = [];
  let record: ProcessRecord = {
    schema: 'tearless.live-process/v1',
    pid: 42,
    startTicks: '7',
    program: build('aa'),
    updates: [...updates],
  };
  const call = async (verb: string, { args = [], input = '' }: CallOptions = {}) => {
    const sent = Buffer.from(input);
    if (verb === 'live-record-put') record = JSON.parse(sent.subarray(sent.indexOf('{')).toString());
    if (verb === 'live-inject') modes.push(args[1] ?? '');
    const said: Readonly<Record<string, string>> = {
      'live-look': `42 7 ${build('aa')} 55500000 ${maps.length} /tor\n${maps}`,
      'live-record-show': JSON.stringify(record),
      'live-word': '0'.repeat(36),
      'live-inject': done,
    };
    return { exitCode: 0, stdout: Buffer.from(said[verb] ?? ''), stderr: '' };
  };
  const stat = async () => ({ type: 'file', sha256: 'dd'.repeat(32) });
  const context = { host: { name: 'h1', call, stat }, signal: new AbortController().signal } as unknown as StepContext;
  const put = (...others: readonly UpdateRecord[]) => {
    record = { ...record, updates: [...others] };
  };
  return { context, modes, put, states: () => record.updates.map(({ state }) => state) };
};

const step = rollBackStep({ sign: async () => Buffer.from('signature') } as unknown as LiveMeans);
const going = (from: string, to: string) =>
  step.params.parse({
    instance: 'a',
    key: '/key',
    injector: { path: '/injector', sha256: 'dd'.repeat(32) },
    maxPauseUs: 10_000,
    from: build(from),
    to: build(to),
  });

describe('a rollback', () => {
  it('takes back the update that it was planned for', async () => {
    const { context, states } = hostWith(update('done', 'aa', 'bb'), update('done', 'bb', 'cc'));
    const params = going('cc', 'bb');
    assert.equal(await step.check(context, params), false);
    const memory = await step.remember(context, params);
    await step.do(context, params, memory);
    const evidence = await step.verify(context, params, memory);
    assert.deepEqual(evidence, { mainPid: 42, build: build('bb'), pauseUs: 700, retries: 0 });
    assert.deepEqual(states(), ['done', 'undone']);
  });

  it('leaves another one alone, which somebody made since', async () => {
    const { context, modes } = hostWith(update('done', 'aa', 'bb'), update('done', 'bb', 'cc'));
    const params = going('bb', 'aa');
    const memory = await step.remember(context, params);
    await assert.rejects(step.do(context, params, memory), { code: 'live-other-build', hint: 'plan again' });
    assert.deepEqual(modes, []);
  });

  it('of one that is in doubt settles that one, and leaves those before it', async () => {
    const { context, states, modes } = hostWith(update('done', 'aa', 'bb'), update('pending', 'bb', 'cc'));
    const params = going('cc', 'bb');
    assert.equal(await step.check(context, params), false, 'there is something to do');
    const memory = await step.remember(context, params);
    await step.do(context, params, memory);
    assert.deepEqual(states(), ['done', 'undone']);
    assert.equal(await step.check(context, params), true);
    await step.undo(context, params, memory);
    assert.deepEqual([states(), modes], [['done', 'undone'], ['rollback']], 'what was in doubt stays away');
  });
});

describe('what a rollback took back', () => {
  const first = update('done', 'aa', 'bb');
  const [second, other] = [update('done', 'bb', 'cc'), update('done', 'aa', 'bb')];
  const undone = (one: UpdateRecord): UpdateRecord => ({ ...one, state: 'undone' });

  it('comes up again on what it stood on, also where others came and went', async () => {
    const { context, put, states, modes } = hostWith(first, second);
    const params = going('cc', 'bb');
    const memory = await step.remember(context, params);
    await step.do(context, params, memory);
    put(first, undone(second), undone(other));
    await step.mayUndo?.(context, params, memory);
    await step.undo(context, params, memory);
    assert.deepEqual(
      [states(), modes],
      [
        ['done', 'done', 'undone'],
        ['rollback', 'apply'],
      ],
    );
  });

  for (const [what, now] of [
    ['is gone', [undone(first), undone(second)]],
    ['was made anew, with variables of its own', [undone(first), undone(second), other]],
    ['another one stands on', [first, undone(second), update('done', 'bb', 'cc')]],
  ] as const)
    it(`does not where what it stood on ${what}`, async () => {
      const { context, put, modes } = hostWith(first, second);
      const params = going('cc', 'bb');
      const memory = await step.remember(context, params);
      await step.do(context, params, memory);
      put(...now);
      for (const undo of [step.mayUndo, step.undo])
        await assert.rejects(undo?.(context, params, memory) ?? Promise.resolve(), { code: 'live-other-build' });
      assert.deepEqual(modes, ['rollback']);
    });

  it('is nobody’s business where it never was, or the process is another one', async () => {
    const { context, modes } = hostWith(first, second);
    const params = going('cc', 'bb');
    const memory = await step.remember(context, params);
    await step.undo(context, params, memory);
    await step.undo(context, params, { ...memory, startTicks: '6', done: [] });
    assert.deepEqual(modes, []);
  });
});
