// `treatment-unproven`: nothing proves which allocator was loaded when a sample was taken, or the proof contradicts the
// arm. What a process had mapped does not depend on its memory figures, so a relay whose proofs contradict is left out.
import { at } from '../../../stats/check.ts';
import { type AllocatorProof, noArm, noProof } from '../../model/measurements.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import type { DirectCheck } from '../check.ts';
import type { Exclusion, Finding } from '../finding.ts';
import { count, listed } from '../wording.ts';

/** The allocator that an arm was given, as it is declared. */
const declaredAllocator = ({ arm }: ArmView): string | undefined => {
  const { allocator } = arm.config;
  return typeof allocator === 'string' && allocator !== '' ? allocator : undefined;
};

const families = ['glibc', 'mimalloc', 'jemalloc', 'tcmalloc'];
/** `mimalloc3` and `libmimalloc.so.2` are mimalloc; a target may have any other name of its own. */
const familyOf = (text: string): string | undefined => families.find((name) => text.toLowerCase().includes(name));

const contradicts = (arm: ArmView, proof: AllocatorProof): boolean => {
  const declared = declaredAllocator(arm);
  if (declared === undefined) return false;
  const family = familyOf(declared);
  const loaded = familyOf(proof.allocator) ?? proof.allocator;
  // glibc is what tor has when nothing is preloaded: whatever else was declared is not there.
  if (family === undefined) return loaded === 'glibc';
  if (family !== loaded) return true;
  const version = String(arm.arm.config.version ?? '');
  // `2.1.2` and `2.1.2+ds-1` are one; so are `3.0` and `3.0.1`, where only one side knows the rest.
  const { version: proved = '' } = proof;
  return !proved.startsWith(version) && !version.startsWith(proved);
};

interface Tally {
  readonly relay: number;
  readonly samples: number;
  readonly lacking: number;
  readonly contradicting: number;
  readonly loaded: readonly string[];
}

const tally = (view: AuditView, arm: ArmView): Tally[] =>
  arm.members.map(({ index, own: { atMs: ownMs } }) => {
    const own = view.measurements.samples[index];
    const firstMs = ownMs[0] ?? Infinity;
    const loaded = new Set<string>();
    let samples = 0;
    let lacking = 0;
    let contradicting = 0;
    for (let place = 0; own !== undefined && place < own.atMs.length; place++) {
      const label = at(own.arm, place);
      if (at(own.atMs, place) < firstMs || (label !== arm.index && label !== noArm)) continue;
      samples += 1;
      const proof = at(own.proof, place) === noProof ? undefined : view.measurements.proofs[at(own.proof, place)];
      if (proof === undefined || proof.allocator === 'unknown') lacking += 1;
      else if (contradicts(arm, proof)) {
        contradicting += 1;
        loaded.add(`${proof.allocator}${proof.version === undefined ? '' : ` ${proof.version}`}`);
      }
    }
    return { relay: index, samples, lacking, contradicting, loaded: [...loaded] };
  });

const judgeArm = (view: AuditView, arm: ArmView): Finding[] => {
  const { relays } = view.measurements;
  const tallies = tally(view, arm);
  const concerned = tallies.filter(({ lacking, contradicting }) => lacking + contradicting > 0);
  if (concerned.length === 0) return [];
  const sum = (pick: (own: Tally) => number): number => tallies.reduce((total, own) => total + pick(own), 0);
  const lacking = sum((own) => own.lacking);
  const contradicting = sum((own) => own.contradicting);
  const names = concerned.map(({ relay }) => relays[relay]?.id ?? '').sort();
  const exclusions = concerned
    .filter((own) => 2 * own.contradicting > own.samples)
    .map(
      ({ relay, loaded }): Exclusion => ({
        relay: relays[relay]?.id ?? '',
        code: 'treatment-unproven',
        cause: `had ${loaded.join(', ')} loaded, not ${declaredAllocator(arm) ?? ''}`,
      }),
    );
  const said = [
    lacking === 0 ? '' : `${count(lacking, 'sample')} of ${sum((own) => own.samples)} prove no allocator`,
    contradicting === 0 ? '' : `${count(contradicting, 'sample')} prove another than ${declaredAllocator(arm) ?? ''}`,
  ].filter((part) => part !== '');
  return [
    {
      code: 'treatment-unproven',
      kind: 'method',
      severity: 'warning',
      arm: arm.id,
      relays: names,
      message: `Arm ${arm.id}: ${said.join('; ')} (${listed(names)}).`,
      evidence: {
        samples: sum((own) => own.samples),
        lacking,
        contradicting,
        loaded: [...new Set(tallies.flatMap(({ loaded }) => loaded))].sort(),
      },
      exclusions,
    },
  ];
};

export const findUnprovenTreatment: DirectCheck = (view) => {
  if (view.arms.length === 0) return [];
  const someProof = view.measurements.samples.some(({ proof }) => proof.some((index) => index !== noProof));
  if (someProof) return view.arms.flatMap((arm) => judgeArm(view, arm));
  const declared = view.arms.flatMap((arm) => declaredAllocator(arm) ?? []);
  return [
    {
      code: 'treatment-unproven',
      kind: 'method',
      severity: 'info',
      relays: [],
      message: 'Nothing proves which allocator was loaded when a sample was taken: no sample carries a proof.',
      evidence: { proofs: 0, declared: [...new Set(declared)].sort() },
      exclusions: [],
    },
  ];
};
