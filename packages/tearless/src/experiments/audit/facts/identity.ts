// `identity`: whom do rows speak of? Empty fingerprints; a nickname that stands for two relays in each snapshot while
// another is never seen; relays that a search for processes took for one another.
import type { ImportProblem } from '../../model/import-problem.ts';
import type { AuditView } from '../audit-view.ts';
import type { DirectCheck } from '../check.ts';
import type { Finding } from '../finding.ts';
import { count, listed } from '../wording.ts';
import { findTwins } from './twins.ts';

const rowsOf = (problems: readonly ImportProblem[]): number => problems.reduce((sum, { rows }) => sum + rows, 0);

const findEmptyFingerprints = ({ measurements: { problems, relays } }: AuditView): Finding[] => {
  const empty = problems.filter(({ code }) => code === 'empty-fingerprint');
  if (empty.length === 0) return [];
  const unknown = relays.filter(({ fingerprint }) => fingerprint === undefined).map(({ id }) => id);
  const rows = rowsOf(empty);
  const rest =
    unknown.length === 0
      ? 'other files tell all of them by nickname.'
      : `no file tells it for ${count(unknown.length, 'relay')}, which a nickname alone names.`;
  return [
    {
      code: 'identity',
      kind: 'fact',
      severity: unknown.length === 0 ? 'info' : 'warning',
      relays: unknown.sort(),
      message: `${count(rows, 'row')} ${rows === 1 ? 'has' : 'have'} an empty fingerprint; ${rest}`,
      evidence: { problem: 'empty-fingerprint', rows, files: [...new Set(empty.map(({ file }) => file))].sort() },
      exclusions: [],
    },
  ];
};

interface Double {
  /** Place of the relay whose nickname occurs twice. */
  readonly place: number;
  /** Instants at which it does, with figures that differ. */
  readonly instants: number;
  /** Relays of its arm that were never measured. */
  readonly neverSeen: readonly number[];
}

/** Rows that repeat a relay with other figures, of files that hold samples of memory, by the relay's id. */
const differingRows = ({ measurements: { problems, relays, samples } }: AuditView): Map<string, number> => {
  const differing = problems.filter(({ code, same }) => code === 'duplicate-row' && same === false);
  const named = new Set(differing.map(({ relay }) => relay));
  const instants = new Map(
    relays.flatMap(({ id }, place) => (named.has(id) ? [[id, new Set(samples[place]?.atMs)] as const] : [])),
  );
  const isSample = ({ relay = '', atMs }: ImportProblem): boolean =>
    atMs !== undefined && instants.get(relay)?.has(atMs) === true;
  // Rows past the limit are only counted, without their instants: they are of samples where the named ones are.
  const files = new Set(differing.filter(isSample).map(({ file }) => file));
  const rows = new Map<string, number>();
  for (const problem of differing)
    if (files.has(problem.file) && problem.relay !== undefined)
      rows.set(problem.relay, (rows.get(problem.relay) ?? 0) + problem.rows);
  return rows;
};

/** A nickname in half of its snapshots twice, or ever twice while one of its arm is never seen. */
const doublesOf = (view: AuditView): Double[] => {
  const { relays, samples } = view.measurements;
  if (!view.measurements.problems.some(({ code, same }) => code === 'duplicate-row' && same === false)) return [];
  const rows = differingRows(view);
  return relays.flatMap(({ id, arm }, place): Double[] => {
    const instants = rows.get(id) ?? 0;
    const seen = samples[place]?.atMs.length ?? 0;
    if (instants === 0) return [];
    const neverSeen = [...relays.keys()].filter(
      (other) => arm !== undefined && relays[other]?.arm === arm && samples[other]?.atMs.length === 0,
    );
    return (instants >= 2 && 2 * instants >= seen) || neverSeen.length > 0 ? [{ place, instants, neverSeen }] : [];
  });
};

/** Whether a relay that was never measured is one whose rows carry another's nickname. */
export const isReplaced = (view: AuditView, place: number): boolean =>
  doublesOf(view).some(({ neverSeen }) => neverSeen.includes(place));

const findDoubles = (view: AuditView): Finding[] =>
  doublesOf(view).map(({ place, instants, neverSeen }) => {
    const { relays, samples } = view.measurements;
    const name = relays[place]?.id ?? '';
    const arm = relays[place]?.arm;
    const missing = neverSeen.map((other) => relays[other]?.id ?? '').sort();
    const never =
      missing.length === 0
        ? ''
        : ` while ${listed(missing)} of the same arm ${missing.length === 1 ? 'is' : 'are'} never seen`;
    return {
      code: 'identity',
      kind: 'fact',
      severity: 'warning',
      ...(arm === undefined ? {} : { arm }),
      relays: [name, ...missing].sort(),
      message: `${name} stands twice in ${count(instants, 'snapshot')} of ${samples[place]?.atMs.length ?? 0}, with different figures${never}. Which of the two rows is ${name} cannot be told.`,
      evidence: { problem: 'nickname-twice', nickname: name, snapshots: instants, neverSeen: missing },
      exclusions: [],
    };
  });

export const findIdentityProblems: DirectCheck = (view) => [
  ...findEmptyFingerprints(view),
  ...findDoubles(view),
  ...findTwins(view),
];
