// Ways to a host that are closed: a person is told which, and what opens it.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { changeHostKey } from '@tearless/lab/hosts/faults.ts';
import { type SeenFleet, sh } from '../support/fault-fleet.ts';
import { type FaultStage, faster } from './stage.ts';

export const describeClosedWays = (stage: FaultStage): void => {
  describe('the way to a host that is closed', () => {
    let now: SeenFleet;
    before(async () => {
      now = await stage.fleet.see();
    });
    /** What a person reads. */
    const ask = async (): Promise<string> => {
      await using operator = stage.fleet.operator(faster);
      const { error } = (await operator.run(4, 'apply', '--yes')).result;
      return [error.message, ...error.causes, error.hint].join('\n');
    };

    test('a key that the host refuses', async () => {
      const keys = '/home/operator/.ssh/authorized_keys';
      await sh(stage.h1, 'mv "$1" "$1.away"', keys);
      const said = await ask().finally(() => sh(stage.h1, 'mv "$1.away" "$1"', keys));
      assert.match(said, /the host refuses our key.*Permission denied[\s\S]*authorized_keys on the host/);
    });

    test('a helper of another version', async () => {
      const helper = '/usr/local/lib/tearless/helper';
      const age = 'cp -a "$1" "$1.away"; sed -i "s/^helper_version=.*/helper_version=0123456789abcdef/" "$1"';
      await sh(stage.h1, age, helper);
      const said = await ask().finally(() => sh(stage.h1, 'mv "$1.away" "$1"', helper));
      assert.match(said, /version[\s\S]*tearless host add/);
    });

    test('a host key that is another than before', async () => {
      await sh(stage.h2, 'cp -a /etc/ssh /root/ssh');
      await changeHostKey(stage.h2);
      const back = 'cp -a /root/ssh/ssh_host_* /etc/ssh/; rm -r /root/ssh; systemctl restart ssh';
      const said = await ask().finally(() => sh(stage.h2, back));
      assert.match(said, /the host shows another key than the one known for it[\s\S]*compare fingerprints/);
    });

    test('nothing was touched', () => stage.fleet.assertUntouched(now));
  });
};
