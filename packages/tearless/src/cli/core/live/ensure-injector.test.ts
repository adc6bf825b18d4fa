import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { CommandContext } from '../context.ts';
import { ensureInjector } from './ensure-injector.ts';

it('commands that build the injector at the same time get the same one, and leave nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-injector-'));
  try {
    const surroundings = { env: { XDG_STATE_HOME: folder }, home: folder, machine: 'here' };
    const context = { surroundings, signal: new AbortController().signal } as unknown as CommandContext;
    const made = await Promise.all(Array.from({ length: 4 }, () => ensureInjector(context)));
    assert.equal(new Set(made.map(({ path, sha256 }) => `${path} ${sha256}`)).size, 1);
    assert.deepEqual(await ensureInjector(context), made[0]);
    assert.equal(readdirSync(join(folder, 'tearless/live')).length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
