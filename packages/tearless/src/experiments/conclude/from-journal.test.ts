// What runs of an experiment did is read from their journals, against how the hosts are now.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { sealPlan } from '../../change/digest.ts';
import type { StepSpec } from '../../change/plan.ts';
import type { ItemPhase, RunState } from '../../change/state.ts';
import type { HostFacts } from '../../facts/observed.ts';
import { type JournalInput, readLeavings } from './from-journal.ts';
import { fileOf, sampleHost, timerOf } from './testing/sample-host.ts';

const step = (id: string, kind: string, params: JsonObject): StepSpec => ({
  id,
  kind,
  params,
  symbol: '~',
  summary: `${kind} ${id}`,
});
const memoryOf = (former: string | null): JsonValue => ({
  former:
    former === null
      ? null
      : {
          contentBase64: Buffer.from(former).toString('base64'),
          sha256: fileOf('/', former).sha256,
          mode: 420,
          owner: 'root',
          group: 'root',
        },
  owned: null,
  missingDirectories: [],
  ownedDirectories: {},
});
const write = (id: string, path: string, content: string) => step(id, 'file.write', { path, content });

interface Done {
  readonly item: string;
  readonly step: StepSpec;
  readonly memory: JsonValue;
}
const runOf = (done: readonly Done[], phase: ItemPhase = 'done'): RunState => {
  const items = [...new Set(done.map(({ item }) => item))];
  const own = (item: string) => done.filter((each) => each.item === item);
  return {
    run: 'r1',
    plan: sealPlan({
      id: 'p',
      createdAt: '2026-01-01T00:00:00.000Z',
      fleet: 'f',
      items: items.map((id) => ({
        id,
        subject: id,
        host: 'h1',
        steps: own(id).map((each) => each.step),
        gates: [],
        undoGates: [],
      })),
      batches: [items],
      maxFail: 0,
      cost: { restarts: 0, lines: [], estimatedSeconds: 0 },
      warnings: [],
    }),
    missingItems: [],
    startedMs: 0,
    lastMs: 0,
    items: Object.fromEntries(
      items.map((id) => [
        id,
        {
          id,
          phase,
          unknown: false,
          gates: {},
          steps: Object.fromEntries(
            own(id).map((each) => [each.step.id, { progress: 'verified', undo: 'none', memory: each.memory } as const]),
          ),
        },
      ]),
    ),
  };
};

const torrc = '/etc/tor/instances/a/torrc';
const base = 'Nickname a\nSocksPort 0\n';
const read = (runs: readonly RunState[], host: HostFacts, more: Partial<JournalInput> = {}) =>
  readLeavings({
    runs,
    hosts: [host],
    isDeclared: () => false,
    hasAllocator: () => false,
    usesPackage: () => false,
    ...more,
  });
const withTorrc = (extra: string) => sampleHost({ relays: ['a'], torrc: { a: extra } });
const brief = (found: ReturnType<typeof readLeavings>) =>
  found.map(({ id, verdict, action }) => ({ id, verdict, action }));

describe('a journal', () => {
  const set = runOf([
    {
      item: 'h1/a',
      step: write('torrc', torrc, `${base}MaxConsensusAgeForDiffs 14400\nDirCache 0\n`),
      memory: memoryOf(`${base}MaxConsensusAgeForDiffs 28800\n`),
    },
  ]);

  it('tells what an option was before, and which was not set', () => {
    assert.deepEqual(brief(read([set], withTorrc('MaxConsensusAgeForDiffs 4 hours\nDirCache 0\n'))), [
      {
        id: 'h1/a:MaxConsensusAgeForDiffs',
        verdict: 'remove',
        action: { kind: 'option', name: 'MaxConsensusAgeForDiffs', former: ['28800'] },
      },
      { id: 'h1/a:DirCache', verdict: 'remove', action: { kind: 'option', name: 'DirCache' } },
    ]);
  });

  it('leaves what is as before already, what the configuration decides, and asks about what somebody changed since', () => {
    const now = withTorrc('MaxConsensusAgeForDiffs 28800\nDirCache 1\n');
    assert.deepEqual(
      brief(read([set], now)).map(({ id, verdict }) => `${verdict} ${id}`),
      ['ask h1/a:DirCache'],
    );
    assert.deepEqual(read([set], now, { isDeclared: () => true }), []);
  });

  it('of a run that was taken back tells nothing', () => {
    const undone = runOf(
      [{ item: 'h1/a', step: write('torrc', torrc, `${base}DirCache 0\n`), memory: memoryOf(base) }],
      'undone',
    );
    assert.deepEqual(read([undone], withTorrc('DirCache 0\n')), []);
  });

  const path = '/etc/systemd/system/tor@a.service.d/50-tearless-allocator.conf';
  const text = '[Service]\nEnvironment="LD_PRELOAD=/usr/lib/j.so"\n';
  const dropIn = runOf([{ item: 'h1/a', step: write('drop-in', path, text), memory: memoryOf(null) }]);
  const withDropIn = (content: string): HostFacts =>
    sampleHost({ relays: ['a'], units: { 'tor@a.service.d/50-tearless-allocator.conf': content } });

  it('takes the allocator’s drop-in where nothing gives the relay one, and leaves it to the plan where something does', () => {
    assert.deepEqual(brief(read([dropIn], withDropIn(text))), [
      { id: `h1:${path}`, verdict: 'remove', action: { kind: 'drop-in', after: null } },
    ]);
    assert.deepEqual(read([dropIn], withDropIn(text), { hasAllocator: () => true }), []);
    assert.equal(read([dropIn], withDropIn(`${text}# mine\n`))[0]?.verdict, 'ask');
  });

  it('names the restart timers that Tearless made, as long as they are there', () => {
    const unit = 'tearless-restart-a';
    const timers = runOf(
      ['service', 'timer'].map((type) => ({
        item: 'h1/(timer a)',
        step: write(type, `/etc/systemd/system/${unit}.${type}`, type),
        memory: memoryOf(null),
      })),
    );
    const host = sampleHost({ relays: ['a'], timers: [timerOf(`${unit}.timer`, `${unit}.service`)] });
    assert.deepEqual(
      read([timers], host)
        .map(({ id }) => id)
        .sort(),
      [`h1:/etc/systemd/system/${unit}.service`, `h1:/etc/systemd/system/${unit}.timer`, `h1:${unit}.timer`],
    );
    assert.deepEqual(read([timers], sampleHost({ relays: ['a'] })), []);
  });

  it('gives back a package that only the experiment needed', () => {
    const held = runOf([
      {
        item: 'h1/(host)',
        step: step('package-libj', 'package.install', { name: 'libj', version: '5', hold: true }),
        memory: { installed: '5', held: false, automatic: false, awaited: [] },
      },
    ]);
    const host: HostFacts = {
      ...sampleHost({ relays: ['a'] }),
      packages: [{ name: 'libj', version: '5', held: true }],
    };
    assert.deepEqual(brief(read([held], host)), [
      {
        id: 'h1:libj',
        verdict: 'remove',
        action: { kind: 'package', name: 'libj', version: '5', former: { version: '5', held: false } },
      },
    ]);
    assert.deepEqual(read([held], host, { usesPackage: () => true }), []);
    const released: HostFacts = { ...host, packages: [{ name: 'libj', version: '5', held: false }] };
    assert.deepEqual(read([held], released), []);
  });

  it('is asked by host: a file of the same name elsewhere is another', () => {
    const elsewhere = { ...withTorrc('DirCache 0\n'), host: 'h2' };
    assert.deepEqual(read([set], elsewhere), []);
  });
});
