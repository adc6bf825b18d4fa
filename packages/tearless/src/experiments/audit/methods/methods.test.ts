import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AllocatorProof } from '../../model/measurements.ts';
import { type BuiltExperiment, buildMeasurements } from '../../testing/build-measurements.ts';
import { auditMeasurements, isProblem } from '../audit.ts';
import { type Conclusion, readConclusion } from '../conclusion.ts';
import type { Finding, FindingCode } from '../finding.ts';
import { count, plainExperiment } from '../testing/plain-experiment.ts';

const audit = (experiment: BuiltExperiment, conclusion?: Conclusion): Finding[] =>
  auditMeasurements(buildMeasurements(experiment), { permutations: 199, conclusion });
const find = (code: FindingCode, findings: readonly Finding[]): Finding | undefined =>
  findings.find((finding) => finding.code === code);

const proofs: readonly AllocatorProof[] = [
  { allocator: 'mimalloc', path: '/usr/lib/libmimalloc.so.2', buildId: 'aa', version: '2.0.9' },
  { allocator: 'glibc', path: '/usr/lib/libc.so.6', buildId: 'bb', version: '2.36' },
];
const mimallocArms = [
  { id: 'A', config: { allocator: 'mimalloc', version: '2.0.9' } },
  { id: 'B', config: { allocator: 'glibc' } },
  { id: 'Z', config: { allocator: 'glibc' } },
];
const proved = (break_: (index: number, sample: number) => number | undefined | null) =>
  plainExperiment(
    ({ arm }, index) => ({
      proof: Array.from({ length: count }, (_, sample) => {
        const broken = break_(index, sample);
        return broken === null ? (arm === 'A' ? 0 : 1) : broken;
      }),
    }),
    { arms: mimallocArms, proofs },
  );

describe('methods', () => {
  it('without a conclusion are notes, and none of them is a problem', () => {
    const findings = audit(plainExperiment());
    assert.deepEqual(
      findings.map(({ code, kind, severity }) => [code, kind, severity]),
      [
        ['single-host', 'method', 'info'],
        ['treatment-unproven', 'method', 'info'],
        ['dependent-samples', 'method', 'info'],
        ['multiple-comparison', 'method', 'info'],
      ],
    );
    assert.ok(!findings.some(isProblem));
  });

  it('are warnings where a conclusion does them, still no problem of the data, and nothing where it does not', () => {
    const wrong = audit(plainExperiment(), { method: 'mean', unit: 'sample', correction: 'none' });
    const right = audit(plainExperiment(), { method: 'time-weighted', unit: 'relay', correction: 'max-t' });
    for (const code of ['dependent-samples', 'multiple-comparison'] as const) {
      assert.equal(find(code, wrong)?.severity, 'warning');
      assert.equal(find(code, right), undefined);
    }
    assert.ok(!wrong.some(isProblem));
  });

  it('count comparisons of the arms that were compared, times looks', () => {
    const { evidence } =
      find('multiple-comparison', audit(plainExperiment(), { method: 'mean', arms: ['A'], looks: 5 })) ?? assert.fail();
    assert.deepEqual([evidence.comparisons, evidence.familyWiseError], [5, 0.2262]);
    assert.equal(find('multiple-comparison', audit(plainExperiment(), { method: 'mean', arms: ['A'] })), undefined);
  });

  it('know samples that only repeat their relay: the design effect is their number', () => {
    const constant = plainExperiment((_, index) => ({
      rssKib: Array.from({ length: count }, () => 4_000_000 + 997 * index),
    }));
    const { evidence } = find('dependent-samples', audit(constant)) ?? assert.fail();
    assert.deepEqual(evidence.designEffects, { A: 20, B: 20, Z: 20 });
  });

  it('know samples that are as good as independent', () => {
    const independent = plainExperiment((_, index) => ({
      rssKib: Array.from({ length: count }, (_, sample) => 4_000_000 + 1_000 * ((sample * 7 + index * 3) % 5)),
    }));
    assert.equal(find('dependent-samples', audit(independent)), undefined);
  });

  it('name a single host by the relays that Tearless collects, and arms that are confined to hosts', () => {
    const onHosts = (hostOf: (arm: string, index: number) => string) =>
      find(
        'single-host',
        audit(plainExperiment((relay, index) => ({ id: `${hostOf(relay.arm ?? '', index)}/${relay.id}` }))),
      );
    assert.equal(onHosts(() => 'h1')?.evidence.host, 'h1');
    assert.equal(
      onHosts((_, index) => `h${index % 2}`),
      undefined,
    );
    assert.equal(onHosts((arm) => `host-${arm}`)?.severity, 'warning');
  });
});

describe('treatment-unproven', () => {
  it('says nothing where every sample proves the arm’s allocator', () =>
    assert.equal(find('treatment-unproven', audit(proved(() => null))), undefined));

  it('tells samples without proof, and leaves nobody out for them', () => {
    const finding = find(
      'treatment-unproven',
      audit(proved((index, sample) => (index === 0 && sample < 3 ? undefined : null))),
    );
    assert.deepEqual(
      [finding?.severity, finding?.arm, finding?.relays, finding?.exclusions],
      ['warning', 'A', ['relay0'], []],
    );
    assert.deepEqual([finding?.evidence.lacking, finding?.evidence.contradicting], [3, 0]);
  });

  it('leaves out a relay whose samples prove another allocator', () => {
    const finding = find('treatment-unproven', audit(proved((index) => (index === 0 ? 1 : null))));
    assert.deepEqual(finding?.exclusions, [
      { relay: 'relay0', code: 'treatment-unproven', cause: 'had glibc 2.36 loaded, not mimalloc' },
    ]);
  });

  it('compares versions as far as both are known', () => {
    const versions = (version: string) =>
      find(
        'treatment-unproven',
        audit({
          ...proved(() => null),
          arms: [{ id: 'A', config: { allocator: 'mimalloc', version } }, { id: 'B' }, { id: 'Z' }],
        }),
      );
    assert.equal(versions('2.0'), undefined);
    assert.equal(versions('3.0.1')?.evidence.contradicting, 8 * count);
  });
});

describe('an arm with a target of any name', () => {
  const named = (loaded: number) =>
    find(
      'treatment-unproven',
      audit({
        ...proved((index) => (index === 0 ? loaded : null)),
        arms: [{ id: 'A', config: { allocator: 'fast' } }, { id: 'B' }, { id: 'Z' }],
      }),
    );

  it('is contradicted by glibc, which is there when nothing is preloaded', () =>
    assert.deepEqual(
      named(1)?.exclusions.map(({ relay }) => relay),
      ['relay0'],
    ));
  it('is not contradicted by an allocator', () => assert.equal(named(0), undefined));
});

describe('a conclusion file', () => {
  const read = (value: unknown) => readConclusion(value, 'c.yaml', ['A', 'Z']);

  it('reads times without a zone as UTC, and sizes', () =>
    assert.deepEqual(read({ method: 'snapshot', instant: '2026-01-10T06:00:01', figures: { A: '1.5 GiB' } }), {
      method: 'snapshot',
      instant: Date.UTC(2026, 0, 10, 6, 0, 1),
      figures: { A: 1.5 * 2 ** 30 },
    }));

  for (const [what, value, message] of [
    ['nothing', null, /c\.yaml/],
    ['an unknown method', { method: 'guess' }, /method/],
    ['an unknown field', { method: 'mean', metod: 1 }, /metod/],
    ['an arm that is not there', { method: 'mean', arms: ['Q'] }, /no arm Q; there are A, Z/],
    ['a snapshot without its instant', { method: 'snapshot' }, /instant/],
    ['a time that is none', { method: 'snapshot', instant: 'soon' }, /instant.*2026-01-10T06:00:01/],
    ['a size without a unit', { method: 'mean', figures: { A: '12' } }, /figures\.A/],
    [
      'a window that ends before it starts',
      { method: 'mean', window: { from: '2026-01-02', to: '2026-01-01' } },
      /ends before/,
    ],
  ] as const)
    it(`with ${what} is refused`, () => assert.throws(() => read(value), { code: 'conclusion-invalid', message }));
});
