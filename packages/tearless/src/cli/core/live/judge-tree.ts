// The verdict for a release tree: built with the layouts of the build that runs, then compared with it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import { compareOnce, judgeUpdate } from '../../../live/apply/prepare-update.ts';
import { manifestName, parseManifest } from '../../../live/build/manifest.ts';
import type { VerdictKind } from '../../../live/verdict/reason.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../render/experiment-lines.ts';
import { buildTree } from './build-tree.ts';
import { liveMeans } from './means.ts';
import { readRules } from './read-rules.ts';
import { lookAtTree } from './watch-trees.ts';

export interface JudgeTree {
  readonly folder: string;
  readonly name: string;
  /** Of the build that runs, and it. */
  readonly fromDirectory: string;
  readonly from: LiveBuild;
  /** Where builds of trees go. */
  readonly builds: string;
  readonly jobs: number;
}

export interface JudgedTree {
  readonly tree: string;
  readonly version: string;
  readonly verdict: VerdictKind;
  readonly build: string;
  /** Functions whose code is brought. */
  readonly functions: number;
  /** How many reasons have the weight of the verdict, and the first of them. */
  readonly reasons: number;
  readonly first: string | null;
}

/** Beside the tree: `tor-0.4.9.12.rules.yaml`. */
const rulesEnd = '.rules.yaml';

const ensureBuilt = async (context: CommandContext, order: JudgeTree): Promise<string> => {
  const tree = join(order.folder, order.name);
  if (existsSync(join(tree, manifestName))) return tree;
  const out = join(order.builds, order.name);
  const path = join(out, manifestName);
  const { manifest } = order.from;
  // Whose layouts it was made with: another build that runs has others.
  const made = join(order.builds, `${order.name}.after`);
  const isFresh =
    existsSync(path) &&
    existsSync(made) &&
    readFileSync(made, 'utf8') === manifest.buildId &&
    Date.parse(parseManifest(readFileSync(path, 'utf8'), path).builtAt) > lookAtTree(tree).newestMs;
  if (isFresh) return out;
  // First: who is cut off between the two leaves nothing that says whose layouts the build has.
  rmSync(made, { force: true });
  rmSync(out, { recursive: true, force: true });
  await buildTree(context, {
    source: tree,
    out,
    jobs: order.jobs,
    reserveLongs: manifest.reserveLongs,
    after: manifest.reserveLongs === 0 ? undefined : order.fromDirectory,
    configure: manifest.configure,
  });
  writeFileSync(made, manifest.buildId);
  return out;
};

/** @throws LiveError when it cannot be built or its rules do not fit it */
export const judgeTree = async (context: CommandContext, order: JudgeTree): Promise<JudgedTree> => {
  const build = await ensureBuilt(context, order);
  const next = liveMeans.readBuild(build);
  const rulesPath = join(order.folder, `${order.name}${rulesEnd}`);
  const rules = existsSync(rulesPath) ? readRules(context, rulesPath) : undefined;
  const { verdict, reasons } = judgeUpdate(order.from, next, rules);
  const { changed, added } = compareOnce(order.from, next).differences.code;
  const grave = reasons.filter(({ weight }) => weight === verdict);
  const [first] = grave;
  return {
    tree: order.name,
    version: next.manifest.version,
    verdict,
    build,
    functions: [...changed.values()].filter((change) => change !== 'lines').length + added.length,
    reasons: grave.length,
    first: first === undefined ? null : `${first.subject}: ${first.detail}`,
  };
};

const words: Readonly<Record<VerdictKind, string>> = {
  'code-only': 'code only',
  'uses-reserve': 'uses reserve',
  'needs-rule': 'needs a rule',
  refuse: 'refused',
};

/** One line. */
export const renderJudged = ({ tree, version, verdict, functions, reasons, first }: JudgedTree): string => {
  const stands = verdict === 'needs-rule' || verdict === 'refuse';
  const more = reasons > 1 ? ` (and ${reasons - 1} more)` : '';
  return `${tree}: ${version}: ${words[verdict]}, ${counted(functions, 'function')}${stands && first !== null ? `; ${first}${more}` : ''}`;
};
