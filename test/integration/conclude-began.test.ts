// The end of an experiment that Tearless began itself, on a real host under the real command line: its journal says what goes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { parse } from 'yaml';
import { FaultFleet, type SeenFleet, sh } from './support/fault-fleet.ts';
import type { Operator } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;

describe('the end of an experiment that Tearless began', { skip, timeout: 30 * 60_000 }, () => {
  let fleet: FaultFleet;
  let host: LabHost;
  let operator: Operator;
  let former: SeenFleet;
  const name = 'mem';
  const torrc = '/etc/tor/instances/charlie/torrc';

  before(async () => {
    fleet = await FaultFleet.bringUp(`concluded-${process.pid}`, { suites: ['bookworm'], relaysPerHost: 4 });
    host = fleet.host('h1');
    await sh(host, 'echo "MaxConsensusAgeForDiffs 28800 # by hand" >>"$1"; systemctl reload tor@charlie', torrc);
    former = await fleet.see();
    const experiment = {
      control: 'plain',
      arms: {
        plain: {},
        other: { allocator: 'jemalloc' },
        diffs: { torrc: { MaxConsensusAgeForDiffs: 14400, DirCache: 1 } },
        often: { restartEvery: '24h' },
      },
      blocks: [{ plain: 'h1/alpha', other: 'h1/bravo', diffs: 'h1/charlie', often: 'h1/delta' }],
      seed: 's',
      days: 7,
      designed: '2026-01-01T00:00:00Z',
    };
    operator = fleet.operator({ settings: [], instead: { experiments: { [name]: experiment } } });
    await operator.run(0, 'experiment', 'start', name, '--yes', '--serial', '1,3');
    await operator.run(0, 'collect', name);
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await fleet?.down();
  });

  test('its journal says what goes; without a target the hosts are as before it, to the last byte', async () => {
    assert.match(await sh(host, 'systemctl list-timers --all --no-legend'), /tearless-restart-delta/);
    assert.match(await sh(host, 'cat "$1"', torrc), /MaxConsensusAgeForDiffs 14400/);
    const words = ['experiment', 'conclude', name, '--no-monitoring', '--serial', '2'];
    const { result: shown } = await operator.run(0, ...words, '--out', 'end.plan');
    const going = shown.leavings.filter(({ verdict }) => verdict === 'remove');
    assert.deepEqual(going.map(({ id }) => id).sort(), [
      'h1/charlie:DirCache',
      'h1/charlie:MaxConsensusAgeForDiffs',
      'h1:/etc/systemd/system/tearless-restart-delta.service',
      'h1:/etc/systemd/system/tearless-restart-delta.timer',
      'h1:/etc/systemd/system/tor@bravo.service.d/50-tearless-allocator.conf',
      'h1:libjemalloc2',
      'h1:tearless-restart-delta.timer',
    ]);
    for (const { id, evidence } of going) assert.match(evidence[0] ?? '', /^run \S+ did it: /, id);
    const { result } = await operator.run(0, 'experiment', 'conclude', name, 'end.plan', '--yes');
    assert.deepEqual(result.open, ['baseline'], JSON.stringify(result.checklist, undefined, 1));
    await fleet.assertAs(former);
    const config = parse(readFileSync(operator.configPath, 'utf8'));
    assert.match(String(config.experiments[name].concluded), /^20/);
    const { result: plan } = await operator.run(0, 'plan');
    assert.deepEqual(plan.items, []);
  });
});
