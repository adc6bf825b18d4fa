// Going back and trying again, on a host that answers as it is told.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StepContext } from '../../change/step.ts';
import type { CallOptions, Host } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import type { InjectorReport } from '../inject/run-injector.ts';
import { InjectorError } from '../inject/run-injector.ts';
import { parseMaps } from '../process/memory-map.ts';
import { SparseMemory } from '../process/sparse-memory.ts';
import type { ProcessRecord, UpdateRecord } from '../status/process-record.ts';
import type { Running } from './read-running.ts';
import { bringBack, injectPatiently, notedFirst, settlePending, takeBack } from './take-back.ts';
import { sampleReport } from './testing/samples.ts';

const codes = { done: 0, 'given-up': 3, undone: 4 } as const;
type Result = keyof typeof codes;

const program = 'aa'.repeat(20);
const sha256 = 'ff'.repeat(32);
const signing = {
  sign: async () => Buffer.from('signature'),
  key: '/key',
  injectorSha256: sha256,
  readInjector: () => Buffer.from('the injector'),
};
const word = '0'.repeat(36);
const pause = { maxPauseUs: 20_000 };

const report = (result: Result, mode: InjectorReport['mode'], leftMappedBytes = 0): string =>
  `${JSON.stringify(sampleReport(mode, result, { reason: result === 'done' ? '' : 'threads-busy', leftMappedBytes }))}\n${codes[result]}\n`;

/** @param results what the injector says, one after the other */
const hostSaying = (...results: Result[]) => hostWith(sha256, ...results);
/** @param injector the digest of the one that lies there */
const hostWith = (injector: string, ...results: Result[]) => {
  const installed: (readonly [string, string])[] = [];
  const records: ProcessRecord[] = [];
  const plans: Buffer[] = [];
  const waits: number[] = [];
  const call = async (verb: string, { args = [], input = '' }: CallOptions) => {
    const sent = Buffer.from(input);
    if (verb === 'live-record-put') records.push(JSON.parse(sent.subarray(sent.indexOf('{')).toString()));
    if (verb === 'live-inject') plans.push(sent);
    if (verb === 'live-install') installed.push([args.join(' '), sent.subarray(sent.indexOf('\n', 12) + 1).toString()]);
    const result = results[plans.length - 1] ?? 'done';
    const said: Record<string, string> = {
      'live-inject': report(result, args[1] === 'rollback' ? 'rollback' : 'apply'),
      'live-word': `${word}\n`,
    };
    return { exitCode: 0, stdout: Buffer.from(said[verb] ?? ''), stderr: '' };
  };
  const stat = async () => ({ type: 'file', sha256: injector });
  const context: StepContext = {
    host: { name: 'h1', call, stat } as unknown as Host,
    clock: { now: () => 0, sleep: async (ms: number) => void waits.push(ms) } as unknown as StepContext['clock'],
    signal: new AbortController().signal,
    run: 'r',
  };
  return { context, records, plans, waits, installed };
};

const update = (state: UpdateRecord['state']): UpdateRecord => ({
  state,
  from: program,
  to: 'bb'.repeat(20),
  versions: ['1', '2'],
  at: '2026-01-09T14:02:11.000Z',
  run: 'r',
  pauseUs: 800,
  regions: [],
  operations: [
    { at: '20000', was: '00', is: '01' },
    { hook: '30000', when: 'down' },
  ],
  addresses: {},
  initial: {},
});
const running = (...updates: UpdateRecord[]): Running => ({
  look: {
    pid: 42,
    startTicks: 7n,
    buildId: program,
    base: 0x10000n,
    path: '/tor',
    mappings: parseMaps(''),
    memory: new SparseMemory([], new Uint8Array()),
  },
  program,
  build: program,
  record: { schema: 'tearless.live-process/v1', pid: 42, startTicks: '7', program, updates },
});
const plan = { kind: 'apply', pid: 42, startTicks: 7n, buildId: program, operations: [] } as const;
/** Operations of an encoded plan, behind its signature. */
const countOf = (sent: Buffer): number => sent.readUInt32LE(sent.indexOf('tearless') + 28);

describe('a pause that cannot be had', () => {
  it('is tried again, each time after a longer wait', async () => {
    const { context, plans, waits } = hostSaying('given-up', 'given-up', 'done');
    const { pauseUs, retries } = await injectPatiently(context, 'a', signing, plan, pause);
    assert.deepEqual([pauseUs, retries, plans.length, waits], [700, 2, 3, [500, 1000]]);
  });

  it('is given up in the end', async () => {
    const { context, plans } = hostSaying(...Array<Result>(9).fill('given-up'));
    await assert.rejects(injectPatiently(context, 'a', signing, plan, pause), { code: 'live-inject-given-up' });
    assert.equal(plans.length, 6);
  });

  it('is not tried again where something else failed', async () => {
    const { context, plans } = hostSaying('undone');
    await assert.rejects(injectPatiently(context, 'a', signing, plan, pause), { code: 'live-inject-undone' });
    assert.equal(plans.length, 1);
  });
});

const statesOf = (records: readonly ProcessRecord[]): string[][] =>
  records.map(({ updates }) => updates.map(({ state }) => state));

describe('an update', () => {
  it('that is taken back is in doubt until it is, by what the host keeps', async () => {
    const { context, records, plans } = hostSaying('done');
    const after = await takeBack(context, 'a', signing, running(update('done')), pause);
    assert.deepEqual(statesOf(records), [['pending'], ['undone']]);
    assert.deepEqual(statesOf([after]), [['undone']]);
    assert.deepEqual(after.updates[0]?.back, { pauseUs: 700, retries: 0 });
    assert.deepEqual(plans.map(countOf), [3], 'the byte expected, the byte written, the hook');
  });

  it('is taken back with the injector of whoever does it, where another one lies there', async () => {
    const { context, records, installed } = hostWith('ee'.repeat(32), 'done');
    await takeBack(context, 'a', signing, running(update('done')), pause);
    assert.deepEqual(installed, [['injector', 'the injector']]);
    assert.deepEqual(statesOf(records), [['pending'], ['undone']]);
    const same = hostSaying('done');
    await takeBack(same.context, 'a', signing, running(update('done')), pause);
    assert.deepEqual(same.installed, []);
  });

  it('that cannot be taken back is what it was', async () => {
    const { context, records } = hostSaying('undone');
    const back = takeBack(context, 'a', signing, running(update('done')), pause);
    await assert.rejects(back, { code: 'live-inject-undone' });
    assert.deepEqual(statesOf(records), [['pending'], ['done']]);
  });

  it('that was never made cannot be taken back', async () => {
    const { context } = hostSaying();
    await assert.rejects(takeBack(context, 'a', signing, running(update('undone')), pause), {
      code: 'live-nothing-to-undo',
    });
  });

  it('that was taken back comes again', async () => {
    const { context, records, plans } = hostSaying('done');
    const undone = update('undone');
    await bringBack(context, 'a', signing, running(undone), undone, pause);
    assert.deepEqual(statesOf(records), [['pending'], ['done']]);
    assert.deepEqual(plans.map(countOf), [2], 'its hook goes down, not up');
  });

  for (const [isWhole, operations] of [
    [true, 3],
    [false, 2],
  ] as const)
    it(`in doubt is taken back, ${isWhole ? 'with' : 'without'} its hooks, behind whoever is still at it`, async () => {
      const { context, records, plans } = hostSaying('done');
      const doubted = running(update('pending'));
      const settled = await settlePending(context, 'a', signing, doubted, async () => isWhole, pause);
      assert.deepEqual(statesOf(records), [['pending'], ['undone']]);
      assert.deepEqual(statesOf(settled === undefined ? [] : [settled]), [['undone']]);
      assert.deepEqual(plans.map(countOf), [operations]);
    });
});

describe('an update that failed', () => {
  const before = running().record as ProcessRecord;
  const noted = (state: UpdateRecord['state']): ProcessRecord => ({ ...before, updates: [update(state)] });
  const notes = { before, during: noted('pending'), hooked: noted('undone') };
  const failing = (result: Result, leftMappedBytes: number) => async (): Promise<never> => {
    const said = JSON.parse(report(result, 'apply', leftMappedBytes).split('\n')[0] ?? '');
    throw new InjectorError({ kind: 'failed', code: `live-inject-${result}`, message: 'failed' }, said);
  };

  it('leaves no trace, unless its hooks ran: then it is one whose memory stays, and which may have written to objects', async () => {
    for (const [leftMappedBytes, kept] of [
      [0, []],
      [4096, ['undone']],
    ] as const) {
      const { context, records } = hostSaying();
      const act = failing('undone', leftMappedBytes);
      await assert.rejects(notedFirst(context, signing, notes, act), { code: 'live-inject-undone' });
      assert.deepEqual(statesOf(records), [['pending'], kept]);
    }
  });

  it('leaves no trace where the host did not let it come to the injector', async () => {
    const { context, records } = hostSaying();
    const refused = async (): Promise<never> => {
      throw new HostError({ kind: 'refused', code: 'host-state-changed', message: 'another process' });
    };
    await assert.rejects(notedFirst(context, signing, notes, refused), { code: 'host-state-changed' });
    assert.deepEqual(statesOf(records), [['pending'], []]);
  });

  it('is in doubt where nobody knows what became of it', async () => {
    const { context, records } = hostSaying();
    const cut = async (): Promise<never> => {
      throw new Error('the connection is lost');
    };
    await assert.rejects(notedFirst(context, signing, notes, cut), /lost/);
    assert.deepEqual(statesOf(records), [['pending']]);
  });
});
