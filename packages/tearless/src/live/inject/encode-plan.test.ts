import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { encodePlan, type InjectorOperation, type InjectorPlan, reversePlan } from './encode-plan.ts';
import { compilePrograms, inject, type Programs } from './testing/injected-program.ts';

let programs: Programs;
before(() => {
  programs = compilePrograms();
});
after(() => rmSync(programs.folder, { recursive: true }));

/** No such process: a plan that is understood gets as far as finding that out. */
const nobody = 2 ** 22;
const page = 4096n;
const base = 0x555500000000n;

/** Operations on pages of their own, in any order. */
const operations = fc
  .uniqueArray(
    fc.record({
      place: fc.integer({ min: 0, max: 1000 }),
      kind: fc.constantFrom('map', 'change', 'expect', 'hook'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      protection: fc.constantFrom('r', 'rw', 'rx'),
    }),
    { minLength: 1, maxLength: 20, selector: ({ place }) => place },
  )
  .map((wanted) =>
    wanted.flatMap(({ place, kind, bytes, protection }, index): InjectorOperation[] => {
      const address = base + BigInt(place) * page;
      if (kind === 'hook') return index < 16 ? [{ kind, address }] : [{ kind: 'expect', address, bytes }];
      if (kind === 'change') return [{ kind, address, former: bytes, next: bytes.toReversed() }];
      if (kind === 'expect') return [{ kind, address, bytes }];
      return [
        { kind: 'fill', address, bytes },
        { kind: 'map', address, sizeBytes: 4096, protection: protection as 'r' | 'rw' | 'rx' },
      ];
    }),
  );

const plans = fc.record({
  kind: fc.constantFrom<InjectorPlan['kind'][]>('apply', 'rollback'),
  pid: fc.constant(nobody),
  startTicks: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  buildId: fc.uint8Array({ minLength: 8, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  operations,
});

const check = (bytes: Uint8Array) =>
  JSON.parse(inject(programs.injector, 'check', bytes).stdout.toString()) as { result: string; reason: string };

/** With the right hash again. */
const rehash = (plan: Uint8Array): Uint8Array => {
  const content = plan.subarray(0, -32);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
};

describe('a plan for the injector', () => {
  it('is understood there, whatever stands in it and in whatever order', () => {
    fc.assert(
      fc.property(plans, (plan) => assert.equal(check(encodePlan(plan)).result, 'gone')),
      { seed: 11, numRuns: 40 },
    );
  });

  it('is refused there when a byte of it is another, or one is missing', () => {
    fc.assert(
      fc.property(plans, fc.nat(), fc.integer({ min: 1, max: 255 }), (plan, at, by) => {
        const bytes = encodePlan(plan);
        assert.equal(check(bytes.subarray(0, at % bytes.length)).result, 'refused');
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
        assert.equal(check(bytes).result, 'refused');
      }),
      { seed: 12, numRuns: 30 },
    );
  });

  it('is the same again when it is taken back twice, but for what only it does', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const changes = plan.operations.filter(({ kind }) => kind === 'change');
        assert.deepEqual(reversePlan(reversePlan(plan)), { ...plan, operations: changes });
      }),
      { seed: 13 },
    );
  });

  it('cannot ask for memory that is written and run', () => {
    const map = { kind: 'map', address: base, sizeBytes: 4096, protection: 'rx' } as const;
    const plan = { kind: 'apply', pid: nobody, startTicks: 1n, buildId: '00'.repeat(20), operations: [map] } as const;
    const content = Buffer.from(encodePlan(plan));
    for (const protection of [2, 4, 6, 7, 8]) {
      content.writeUInt16LE(protection, 82);
      assert.deepEqual(check(rehash(content)).reason, 'plan-bad');
    }
  });

  it('holds no address, size or process that cannot be', () => {
    const plan = { kind: 'apply', pid: nobody, startTicks: 1n, buildId: '00'.repeat(20), operations: [] } as const;
    const bad: Partial<InjectorPlan>[] = [
      { pid: 1 },
      { pid: 2.5 },
      { startTicks: -1n },
      { buildId: 'xyz' },
      { operations: [{ kind: 'hook', address: 0n }] },
      { operations: [{ kind: 'hook', address: 2n ** 47n }] },
      { operations: [{ kind: 'map', address: base, sizeBytes: -1, protection: 'r' }] },
      { operations: [{ kind: 'change', address: base, former: new Uint8Array(1), next: new Uint8Array(2) }] },
    ];
    for (const part of bad) assert.throws(() => encodePlan({ ...plan, ...part }), { code: 'live-plan-bad' });
  });
});
