import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StepContext } from '../../../change/step.ts';
import { liveDropIn, useStep } from './use.ts';

const build = (digits: string): string => digits.repeat(20);

/** A host that starts the instance from that build, as the run says that wrote it. */
const contextOf = (used: string | null, writer: string): StepContext => {
  const owned = {
    schema: 'tearless.owned/v1',
    files: { [liveDropIn('a')]: { sha256: 'ff', run: writer } },
    directories: {},
  };
  const said: Readonly<Record<string, string>> = { 'live-used': used ?? '', 'owned-show': JSON.stringify(owned) };
  const call = async (verb: string) => ({ exitCode: 0, stdout: Buffer.from(said[verb] ?? ''), stderr: '' });
  const stat = async () => (used === null ? undefined : { type: 'file', sha256: 'ff' });
  return { host: { name: 'h1', call, stat }, run: 'own' } as unknown as StepContext;
};

it('what starts next goes back where a run stands on what it wrote itself, not under what a newer one wrote', async () => {
  const params = { instance: 'a', build: build('bb') };
  const mayUndo = async (used: string | null, writer: string) =>
    useStep.mayUndo?.(contextOf(used, writer), params, { former: build('aa'), owned: null });
  await mayUndo(build('bb'), 'own');
  await mayUndo(null, 'own');
  // A newer run was rolled back to it, which is a run of its own.
  for (const used of ['aa', 'bb']) await mayUndo(build(used), 'rollback');
  await assert.rejects(mayUndo(build('cc'), 'newer'), { code: 'change-file-newer', hint: /undo the run newer/ });
});
