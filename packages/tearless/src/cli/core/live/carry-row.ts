// A row of builds judged step by step, and a process carried over it as far as the verdicts allow.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDescribedError } from '../../../base/error.ts';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import { compareOnce, judgeUpdate } from '../../../live/apply/prepare-update.ts';
import { parseRules, type Rules } from '../../../live/rules/rules.ts';
import type { Streak, StreakStep } from '../../../live/streak/streak.ts';
import type { VerdictKind } from '../../../live/verdict/reason.ts';

/** In a build's directory: what a person says of the step that leads to it. */
export const rulesName = 'rules.yaml';

export interface StreakRow {
  readonly turn: number;
  /** Version. */
  readonly to: string;
  readonly buildId: string;
  readonly verdict: VerdictKind;
  /** That the step changes. */
  readonly functions: number;
  /** Undefined where no process was carried. */
  readonly step: StreakStep | undefined;
  /** Why it went no further; undefined where it did. */
  readonly trouble: string | undefined;
}

/** @throws LiveError `live-rules-bad` */
const readRulesOf = (directory: string): Rules | undefined => {
  const path = join(directory, rulesName);
  return existsSync(path) ? parseRules(readFileSync(path, 'utf8'), path) : undefined;
};

/**
 * @param open reads a build
 * @param begin a streak for the process that runs the first; undefined to judge alone
 * @returns all steps, or those up to the first that failed
 */
export const carryRow = async (
  directories: readonly string[],
  open: (directory: string) => LiveBuild,
  begin: ((first: LiveBuild) => Promise<Streak>) | undefined,
  onRow: (row: StreakRow) => void,
): Promise<StreakRow[]> => {
  const [first, ...rest] = directories;
  if (first === undefined) return [];
  let former = open(first);
  const streak = await begin?.(former);
  const rows: StreakRow[] = [];
  for (const [index, directory] of rest.entries()) {
    const next = open(directory);
    const rules = readRulesOf(directory);
    const { verdict, reasons } = judgeUpdate(former, next, rules);
    const { changed, added } = compareOnce(former, next).differences.code;
    const functions = [...changed.values()].filter((change) => change !== 'lines').length + added.length;
    let step: StreakStep | undefined;
    let trouble: string | undefined;
    try {
      step = await streak?.forward(next, rules);
    } catch (error) {
      if (!isDescribedError(error) || error.kind === 'bug') throw error;
      trouble = error.message;
    }
    const grave = reasons.find(({ weight }) => weight === verdict);
    if (streak === undefined && grave !== undefined && (verdict === 'refuse' || verdict === 'needs-rule'))
      trouble = `${grave.subject}: ${grave.detail}`;
    const row = {
      turn: index + 1,
      to: next.manifest.version,
      buildId: next.manifest.buildId,
      verdict,
      functions,
      step,
      trouble,
    };
    rows.push(row);
    onRow(row);
    if (streak !== undefined && trouble !== undefined) break;
    former = next;
  }
  return rows;
};
