// Each of a row of successor versions gets the verdict that was planned for it, for the planned reasons and no other: without rules, and
// with those that a person would hand in. In the long form options come along too.
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { judgeUpdate } from 'tearless/live/apply/prepare-update.ts';
import { parseRules } from 'tearless/live/rules/rules.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import type { Successor } from 'tearless/live/testing/successors/successor.ts';
import { successors as allSuccessors, editsOf, quickSuccessors } from 'tearless/live/testing/successors/successors.ts';
import type { Verdict } from 'tearless/live/verdict/reason.ts';
import { loadBuild } from './live/means.ts';

const successors = process.env.TEARLESS_SOAK === '1' ? allSuccessors : quickSuccessors;

const renderPlanned = (reasons: Successor['reasons']): string[] => reasons.map((reason) => reason.join(' ')).sort();
const renderFound = ({ reasons }: Verdict): string[] => reasons.map(({ code, subject }) => `${code} ${subject}`).sort();

suite('verdicts on successor versions', { timeout: 60 * 60_000 }, () => {
  let builds: LiveBuild[];

  before(async () => {
    builds = (await ensureBuilds(editsOf(successors))).map(loadBuild);
  });

  for (const [index, { name, verdict, reasons, rules }] of successors.entries())
    test(`${name}: ${verdict}${rules === undefined ? '' : `, and with rules ${rules.verdict}`}`, () => {
      const [former, next] = [builds[index], builds[index + 1]];
      assert.ok(former !== undefined && next !== undefined);
      const bare = judgeUpdate(former, next, undefined);
      assert.equal(bare.verdict, verdict, JSON.stringify(bare.reasons, undefined, 1));
      assert.deepEqual(renderFound(bare), renderPlanned(reasons));
      if (rules === undefined) return;
      const ruled = judgeUpdate(former, next, parseRules(rules.text, `rules of successor ${index + 1}`));
      assert.equal(ruled.verdict, rules.verdict);
      assert.deepEqual(renderFound(ruled), renderPlanned(rules.reasons));
    });
});
