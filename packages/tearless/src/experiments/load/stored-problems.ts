// What was wrong with rows, as it lies in the store and as it is told: relays by their ids, and the same instant of one relay
// in two sources named as in one.
import { z } from 'zod';
import type { StoredSource } from '../../store/experiment-sources.ts';
import type { ExperimentRelay } from '../model/experiment.ts';
import { describeRepeat, type ImportProblem } from '../model/import-problem.ts';
import type { RelayKey } from './block-heads.ts';
import { parseStored } from './documents.ts';
import type { Overlap } from './load-samples.ts';

const Problem = z.object({
  code: z.enum(['duplicate-row', 'bad-row', 'empty-fingerprint', 'mixed-zones', 'unknown-column', 'unreadable-file']),
  file: z.string(),
  line: z.number().optional(),
  message: z.string(),
  /** As the row says; its id in the experiment is found when it is loaded. */
  relay: z.string().optional(),
  fingerprint: z.string().optional(),
  atMs: z.number().optional(),
  same: z.boolean().optional(),
  rows: z.number(),
});

/** As a row tells it: which relay of the experiment it is, is settled when all is loaded. */
export interface StoredProblem extends ImportProblem {
  readonly fingerprint?: string;
}

/** @throws ExperimentError `experiment-unreadable` */
export const parseProblems = (text: string, name: string): readonly StoredProblem[] =>
  parseStored(z.array(Problem), text, `what was wrong with ${name}`) as readonly StoredProblem[];

/** With the relay's id in the place of what the row calls it. */
export const nameRelay = (
  { fingerprint, ...problem }: StoredProblem,
  relays: readonly ExperimentRelay[],
  indexOf: (key: RelayKey) => number | undefined,
): ImportProblem => {
  if (problem.relay === undefined) return problem;
  const index = indexOf({ nickname: problem.relay, ...(fingerprint === undefined ? {} : { fingerprint }) });
  return { ...problem, relay: relays[index ?? -1]?.id ?? (problem.relay === '' ? (fingerprint ?? '') : problem.relay) };
};

/** The same instant of one relay in two sources: named as in one. */
export const describeOverlaps = (
  overlaps: readonly Overlap[],
  sources: readonly StoredSource[],
  relays: readonly ExperimentRelay[],
): ImportProblem[] => {
  const shown = 200;
  const nameOf = (index: number): string => sources[index]?.name ?? '';
  const problems = overlaps.slice(0, shown).map(({ relay, atMs, same, kept, dropped }): ImportProblem => {
    const id = relays[relay]?.id ?? '';
    return {
      code: 'duplicate-row',
      file: nameOf(dropped.source),
      ...(dropped.line === 0 ? {} : { line: dropped.line }),
      message: describeRepeat(id, atMs, `${nameOf(kept.source)}${kept.line === 0 ? '' : `, line ${kept.line}`}`, same),
      relay: id,
      atMs,
      same,
      rows: 1,
    };
  });
  const rest = new Map<string, { relay: string; file: string; same: boolean; rows: number }>();
  for (const { relay, same, dropped } of overlaps.slice(shown)) {
    const key = `${relay} ${dropped.source} ${same}`;
    const counted = rest.get(key) ?? { relay: relays[relay]?.id ?? '', file: nameOf(dropped.source), same, rows: 0 };
    counted.rows += 1;
    rest.set(key, counted);
  }
  return [
    ...problems,
    ...[...rest.values()].map(
      (counted): ImportProblem => ({
        code: 'duplicate-row',
        ...counted,
        message: `${counted.rows} more rows of ${counted.relay} stand in another file already`,
      }),
    ),
  ];
};
