// What options of live updates name, where it is something else.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CommandContext } from '../context.ts';
import { samplePlan } from '../render/testing/sample-plan.ts';
import { findBuilds } from './find-builds.ts';
import { readKeyPath } from './live-options.ts';
import { requireRehearsed } from './require-rehearsal.ts';

describe('what an option of a live update names', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-options-'));
    writeFileSync(join(folder, 'file'), 'schema: none\n');
  });
  after(() => rmSync(folder, { recursive: true }));
  const usage = (message: RegExp) => ({ code: 'cli-usage', kind: 'usage', message });

  it('is no key where it is a folder, before anything begins', () => {
    const context = { surroundings: { cwd: folder } } as CommandContext;
    assert.equal(readKeyPath(context, 'file'), join(folder, 'file'));
    assert.throws(() => readKeyPath(context, '.'), usage(/is no key, but a folder$/));
    assert.throws(() => readKeyPath(context, 'none'), usage(/^there is no key /));
  });

  it('is no report of a rehearsal where it cannot be read', () => {
    assert.throws(() => requireRehearsed(samplePlan([]), folder), usage(/cannot be read: EISDIR/));
    assert.throws(() => requireRehearsed(samplePlan([]), join(folder, 'none')), usage(/^there is no /));
    assert.throws(() => requireRehearsed(samplePlan([]), join(folder, 'file')), { code: 'live-rehearsal-unfit' });
  });

  it('is no folder of builds where it is a file', () => {
    assert.throws(() => findBuilds(join(folder, 'file')), usage(/is no folder$/));
    assert.equal(findBuilds(join(folder, 'none')).size, 0);
    assert.equal(findBuilds(folder).size, 0);
  });
});
