// A failure while a process is updated looks like a tor that does not answer yet; it must not be taken for one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FakeTor } from '../../daemon/testing/fake-control.ts';
import { FakeHost } from '../../daemon/testing/fake-host.ts';
import { HostError } from '../../host/host-error.ts';
import { LiveError } from '../live-error.ts';
import { actBetweenCounts } from './act-between-counts.ts';

const info = {
  version: '0.4.9.11',
  'circuit-status': '1 BUILT\n2 BUILT',
  'orconn-status': '',
  'stream-status': '',
  'traffic/read': '10',
  'traffic/written': '10',
};

/** With what its tor says, to be changed. */
const hostWithTor = () => {
  const host = new FakeHost();
  const said: FakeTor['info'] = { ...info };
  host.tor = { info: said, conf: {} };
  return { host, said, open: host.open.bind(host) };
};

describe('what is done to a process', () => {
  it('is done once where it fails, and what failed is told', async () => {
    for (const kind of ['failed', 'timeout', 'refused'] as const) {
      const { host } = hostWithTor();
      let times = 0;
      const failure = new LiveError({ kind, code: 'live-inject-undone', message: 'a hook did not return in time' });
      const acted = actBetweenCounts(host.context, 'a', async () => {
        times++;
        throw failure;
      });
      await assert.rejects(acted, (error) => error === failure);
      assert.equal(times, 1, kind);
    }
  });

  it('is done once where tor says nothing afterwards', async () => {
    const { host, said, open } = hostWithTor();
    // On another connection it would say it.
    host.open = async (...target) => {
      said.version = info.version;
      return open(...target);
    };
    let times = 0;
    const acted = actBetweenCounts(host.context, 'a', async () => {
      times++;
      said.version = undefined;
    });
    await assert.rejects(acted, /version/);
    assert.equal(times, 1);
  });

  it('waits for a tor that does not answer yet, and tells what was lost', async () => {
    const { host, said, open } = hostWithTor();
    let refusals = 2;
    host.open = async (...target) => {
      if (refusals-- > 0) throw new HostError({ kind: 'not-found', code: 'host-no-socket', message: 'no socket yet' });
      return open(...target);
    };
    let times = 0;
    const losses = await actBetweenCounts(host.context, 'a', async () => {
      times++;
      said['traffic/read'] = '9';
    });
    assert.equal(times, 1);
    assert.match(losses.join(), /counters of traffic went back/);
  });
});
