// What tor does to a change: it ends at its reload, starts with another allocator than planned, or does not start.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { killHost, removeLibrary, restoreLibrary } from '@tearless/lab/hosts/faults.ts';
import { startHost } from '@tearless/lab/hosts/host-process.ts';
import { type SeenFleet, sh } from '../support/fault-fleet.ts';
import { type FaultStage, library, mimalloc, soak, undoLast } from './stage.ts';

export const describeTorFails = (stage: FaultStage): void => {
  describe('of relays whose tor fails', { concurrency: 1 }, () => {
    let here: SeenFleet;
    before(async () => {
      here = await stage.fleet.see('h2');
    });

    test('a tor that does not survive its reload comes back with its former torrc', async () => {
      // An address that the host does not have: tor finds out only when it listens.
      const dirPort = { settings: [{ select: '*', torrc: { DirPort: '192.0.2.1:9030' } }], hosts: ['h2'] };
      await using operator = stage.fleet.operator(dirPort);
      const { result } = await operator.run(3, 'apply', '--yes', '--limit', 'h2/charlie');
      assert.equal(result.outcome, 'failed-undone');
      await stage.fleet.assertAs(here);
      const mainPid = (await stage.fleet.see('h2')).h2?.relays.charlie?.mainPid;
      assert.notEqual(mainPid, here.h2?.relays.charlie?.mainPid, 'it did survive');
      here = await stage.fleet.see('h2');
    });

    if (soak) {
      test('a host that loses its power before the restart comes back as planned', async () => {
        await using operator = stage.fleet.operator({ ...mimalloc, hosts: ['h2'] });
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        await running.holdAt({ kind: 'step.started', step: 'restart' }, async () => {
          await killHost(stage.h2);
          await startHost(stage.h2);
        });
        assert.equal((await running.ended).exitCode, 0);
        assert.equal((await stage.fleet.see('h2')).h2?.relays.charlie?.allocator, 'mimalloc');
        await operator.run(0, ...undoLast);
        await stage.fleet.assertAs(here);
        here = await stage.fleet.see('h2');
      });
    }

    test('a library that vanishes before the restart fails its gate, and the batch goes back', async () => {
      await using operator = stage.fleet.operator({ ...mimalloc, hosts: ['h2'] });
      const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
      await running.holdAt({ kind: 'step.started', step: 'restart' }, () => removeLibrary(stage.h2, library));
      const { exitCode, result, events } = await running.ended.finally(() => restoreLibrary(stage.h2, library));
      assert.deepEqual([exitCode, result.outcome], [5, 'failed-undone']);
      assert.ok(events.some(({ kind, gate }) => kind === 'gate.failed' && gate === 'allocator-loaded'));
      await operator.run(0, ...undoLast);
      await stage.fleet.assertAs(here);
    });

    test('a tor that does not come back is neither as planned nor as before until it can start', async () => {
      await using operator = stage.fleet.operator({ ...mimalloc, hosts: ['h2'] });
      const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
      const sabotage = '/run/systemd/system/tor@charlie.service.d';
      const lines = '[Service]\\nExecStart=\\nExecStart=false\\n';
      const put = `mkdir -p "$1"; printf "${lines}" >"$1/90.conf"; systemctl daemon-reload`;
      await running.holdAt({ kind: 'step.started', step: 'restart' }, () => sh(stage.h2, put, sabotage));
      const { exitCode, result } = await running.ended.finally(() =>
        sh(stage.h2, 'rm -r "$1"; systemctl daemon-reload', sabotage),
      );
      assert.deepEqual([exitCode, result.outcome], [3, 'failed']);
      assert.equal((await operator.run(0, ...undoLast)).result.outcome, 'undone');
      await stage.fleet.assertAs(here);
    });
  });
};
