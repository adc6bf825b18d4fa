import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FactsError } from '../error.ts';
import { parseMetrics } from './metrics.ts';

describe('figures of MetricsPorts', () => {
  it('are summed over series of one meaning, by process', () => {
    const answers = parseMetrics(`7 tor_relay_load_oom_bytes_total{subsys="cell"} 10
7 tor_relay_load_oom_bytes_total{subsys="dns"} 5
7 tor_relay_load_onionskins_total{type="ntor",action="processed"} 100
7 tor_relay_load_onionskins_total{type="ntor",action="dropped"} 2
7 tor_relay_load_onionskins_total{type="ntor_v3",action="processed"} 11
7 tor_relay_traffic_bytes{direction="read"} 9007199254740
7 tor_relay_traffic_bytes{direction="written"} 4
7 tor_relay_connections 12
7 tor_relay_flag{type="Guard"} 1
7 tor_relay_flag{type="Running"} 1
7 tor_relay_flag{type="Exit"} 0
8 problem nobody listens there
`);
    assert.deepEqual(answers.get(7)?.metrics, {
      oomBytes: 15,
      onionskins: 111,
      onionskinsDropped: 2,
      readBytes: 9007199254740,
      writtenBytes: 4,
      connections: 12,
      flags: ['Guard', 'Running'],
    });
    assert.deepEqual(answers.get(8), { problem: 'nobody listens there' });
  });

  it('that an older tor does not tell are absent, not nothing', () => {
    const answers = parseMetrics('7 tor_relay_load_oom_bytes_total{subsys="cell"} 0\n');
    assert.deepEqual(answers.get(7)?.metrics, { oomBytes: 0 });
  });

  for (const line of [
    '7 tor_relay_connections -1',
    '7 tor_relay_connections 1e3',
    'tor_relay_flag 1',
    '7 other_total 1',
    '7 problem \x1b[2J',
  ])
    it(`refuse ${JSON.stringify(line)}`, () => {
      assert.throws(() => parseMetrics(`${line}\n`), FactsError);
    });
});
