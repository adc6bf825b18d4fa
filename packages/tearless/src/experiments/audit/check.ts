// What a check is. Facts and methods give findings at once; inferences give p values first, which are corrected together.
import type { AuditView } from './audit-view.ts';
import type { Finding } from './finding.ts';

export type DirectCheck = (view: AuditView) => readonly Finding[];

/** Tests of one code, and what follows from them once p values are adjusted over all tests of all codes. */
export interface Inquiry {
  readonly pValues: readonly number[];
  /** @param adjusted in the order of `pValues` */
  readonly conclude: (adjusted: readonly number[]) => readonly Finding[];
}

export type InferenceCheck = (view: AuditView) => Inquiry;

/** The family-wise error of all inferences of an audit. */
export const familyWiseError = 0.05;

/** One test with what it is about; `find` is asked only where it holds. */
export interface Test {
  readonly p: number;
  readonly find: (adjustedP: number) => Finding;
}

/** An inquiry whose tests stand each for itself. */
export const inquire = (tests: readonly Test[]): Inquiry => ({
  pValues: tests.map(({ p }) => p),
  conclude: (adjusted) =>
    tests.flatMap(({ find }, index) => {
      const p = adjusted[index] ?? 1;
      return p < familyWiseError ? [find(p)] : [];
    }),
});
