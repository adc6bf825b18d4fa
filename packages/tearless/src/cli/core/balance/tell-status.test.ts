import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { opened, service } from '../../../balance/observe/testing/events.ts';
import { tellStatus } from './tell-status.ts';

const clock = { now: () => 60_000, sleep: async () => {} };

suite('what a running balancer tells', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-tell-'));
  after(() => rmSync(folder, { recursive: true }));
  const statusSocket = join(folder, 'status');
  const metrics = join(folder, 'metrics');

  const get = async (path: string): Promise<{ status: number | undefined; type: unknown; body: string }> => {
    const asked = request({ socketPath: metrics, path });
    asked.end();
    const [response] = await once(asked, 'response');
    let body = '';
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode, type: response.headers['content-type'], body };
  };

  test('is the status on a socket and metrics on another, both of the same events, until it ends', async () => {
    {
      await using telling = await tellStatus({ statusSocket, metrics, clock });
      telling.take(opened(['w.onion']));
      let text = '';
      for await (const chunk of connect(statusSocket)) text += String(chunk);
      assert.equal(JSON.parse(text).services[0].onionAddress, service);
      const answer = await get('/metrics');
      assert.deepEqual([answer.status, answer.type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
      assert.match(answer.body, /^tearless_balance_workers\{service="[^"]+",state="out"\} 1$/m);
      assert.equal((await get('/')).status, 404);
    }
    assert.deepEqual([existsSync(statusSocket), existsSync(metrics)], [false, false]);
  });

  test('has places that are named in full, and none is left open when one of them cannot be had', async () => {
    for (const [places, message] of [
      [{ statusSocket: 'status', metrics: undefined }, /no absolute path/],
      [{ statusSocket: undefined, metrics: '70000' }, /neither a path nor a port/],
      [{ statusSocket: undefined, metrics: 'localhost:9101' }, /neither a path nor a port/],
      [{ statusSocket, metrics: join(folder, 'none', 'metrics') }, /cannot listen/],
    ] as const)
      await assert.rejects(tellStatus({ ...places, clock }), message);
    assert.equal(existsSync(statusSocket), false);
  });
});
