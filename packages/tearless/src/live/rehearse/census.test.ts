import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countLive, parseCensus } from './census.ts';

const metrics = `# TYPE tor_relay_circuits_total gauge
tor_relay_circuits_total{state="opened"} 1234
tor_relay_connections{type="OR",direction="received",state="opened"} 7
tor_relay_connections{type="Exit",direction="initiated",state="opened"} 31
tor_relay_connections{type="Exit",direction="received",state="opened"} 0
`;

describe('a census', () => {
  it('has counts alone, and rounds them up', () => {
    assert.deepEqual(countLive('$A one\n$B two\n\n', metrics), {
      schema: 'tearless.live-census/v1',
      circuits: 2000,
      connections: 2,
      streams: 40,
    });
    assert.equal(countLive('x\n'.repeat(101), undefined).connections, 200);
  });

  it('says of a relay without metrics that it does not know', () => {
    const { circuits, streams } = countLive('', undefined);
    assert.deepEqual([circuits, streams], [null, null]);
  });

  it('is read from a file, or refused with its name', () => {
    const census = countLive('', metrics);
    assert.deepEqual(parseCensus(JSON.stringify(census), 'c.json'), census);
    for (const bad of ['', '{}', JSON.stringify({ ...census, circuits: -1 })])
      assert.throws(() => parseCensus(bad, 'c.json'), { code: 'live-census-bad', message: /^c\.json: / });
  });
});
