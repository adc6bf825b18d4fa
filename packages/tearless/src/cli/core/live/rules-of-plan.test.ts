// The rules that a plan was made with, and rehearsed with, are those that relays get: a roll-out takes hours, and files are edited.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Plan } from '../../../change/plan.ts';
import { liveMeans, pinRules } from './means.ts';
import { requireRehearsed } from './require-rehearsal.ts';

const text = 'schema: tearless.live-rules/v1\nkeep: [counter]\n';

describe('rules of a plan', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-rules-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const put = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('are those that it was made with, or none', () => {
    const pinned = pinRules(put('rules.yaml', text));
    assert.deepEqual(liveMeans.readRules(pinned.path, pinned.sha256).keep, ['counter']);
    put('rules.yaml', `${text}# and more\n`);
    assert.throws(() => liveMeans.readRules(pinned.path, pinned.sha256), { code: 'live-rules-changed' });
    rmSync(pinned.path);
    assert.throws(() => liveMeans.readRules(pinned.path, pinned.sha256), { code: 'live-rules-bad' });
    assert.throws(() => pinRules(pinned.path), { code: 'live-rules-bad' });
  });

  it('are those that were rehearsed, whatever the file holds by now', () => {
    const { path, sha256 } = pinRules(put('planned.yaml', text));
    const side = { version: '1', buildId: 'aa' };
    const report = put(
      'rehearsal.json',
      JSON.stringify({
        schema: 'tearless.live-rehearsal/v1',
        at: '2026-01-09T14:02:11.000Z',
        from: side,
        to: { ...side, buildId: 'bb' },
        rulesSha256: sha256,
        census: null,
        reached: { circuits: 0, connections: 0, streams: 0 },
        phases: [],
        streams: [],
        predictedPauseUs: 1,
        passed: true,
        failures: [],
      }),
    );
    const planOf = (params: object): Plan =>
      ({ items: [{ steps: [{ kind: 'live.use' }, { kind: 'live.inject', params }] }] }) as unknown as Plan;
    const rules = { path, sha256 };
    put('planned.yaml', `${text}# and more\n`);
    requireRehearsed(planOf({ from: 'aa', to: 'bb', rules }), report);
    // One that runs it already only has what was in doubt settled.
    requireRehearsed(planOf({ from: 'bb', to: 'bb', rules: null }), report);
    for (const other of [null, pinRules(path)])
      assert.throws(() => requireRehearsed(planOf({ from: 'aa', to: 'bb', rules: other }), report), {
        code: 'live-rehearsal-unfit',
        message: /other rules/,
      });
  });
});
