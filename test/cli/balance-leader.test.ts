// Who leads, as `balance status` says it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { FrontendDocument } from '../../packages/tearless/src/balance/run/documents.ts';
import { writeBalanceFrontend } from '../../packages/tearless/src/store/balance.ts';
import { readOwnHolder, renderHolder } from '../../packages/tearless/src/store/holder.ts';
import { releaseLeases, takeLeases } from '../../packages/tearless/src/store/lease.ts';
import { openStore } from '../../packages/tearless/src/store/store.ts';
import { runIn } from './harness.ts';

const address = 'duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion';

it('balance status says which process leads, which one did, or that none does', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tearless-cli-leader-'));
  const status = async (): Promise<string> => {
    const { exitCode, stdout, stderr } = await runIn(home, ['balance', 'status', '--store', 'state.db']);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  try {
    await using store = await openStore(join(home, 'state.db'));
    const document: FrontendDocument = {
      policy: 'distinct',
      state: 'running',
      sinceMs: 0,
      why: null,
      keysUntilMs: null,
    };
    await writeBalanceFrontend(store, {
      key: address,
      atMs: 1,
      json: JSON.stringify(document),
    });
    assert.match(await status(), /^no balancer leads$/m);

    const own = readOwnHolder();
    await takeLeases(store, [`balance/${address}`], { id: 'a', process: own }, []);
    const json = JSON.parse((await runIn(home, ['balance', 'status', '--json', '--store', 'state.db'])).stdout);
    assert.deepEqual([json.frontends[0].leader.isAlive, json.frontends[0].leader.term], [true, 1]);
    assert.ok((await status()).includes(`${renderHolder(own)} leads, heard `));

    await releaseLeases(store, 'a');
    await takeLeases(store, [`balance/${address}`], { id: 'b', process: { ...own, pid: 2 ** 22 + 1 } }, []);
    assert.match(await status(), /no balancer leads: .+ \(process 4194305\) did, and was last heard/);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
