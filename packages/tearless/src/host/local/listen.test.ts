import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { type Listener, serveHttp, serveText } from './listen.ts';

const readAll = async (place: { path: string } | { port: number; host: string }): Promise<string> => {
  const socket = connect(place);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

const get = async (
  listener: Listener,
  path: string,
  { host = 'localhost', method = 'GET' } = {},
): Promise<{ status: number | undefined; type: string | undefined; body: string }> => {
  const asked = request({ host: '127.0.0.1', port: listener.port, path, method, headers: { host } });
  asked.end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, type: response.headers['content-type'], body };
};

suite('listening on this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-listen-'));
  after(() => rmSync(folder, { recursive: true }));

  test('a unix socket gives each who connects the text of that moment, and is only its owner’s and group’s', async () => {
    const path = join(folder, 'status');
    let asked = 0;
    const listener = await serveText({ path }, () => `answer ${++asked}\n`);
    try {
      assert.equal(statSync(path).mode & 0o777, 0o660);
      assert.equal(await readAll({ path }), 'answer 1\n');
      assert.equal(await readAll({ path }), 'answer 2\n');
      assert.deepEqual(readdirSync(folder), ['status']);
    } finally {
      await listener.close();
    }
    assert.ok(!existsSync(path));
  });

  test('a socket that was left behind is replaced; one in use, and what is no socket, are not', async () => {
    const path = join(folder, 'left');
    const left = createServer().listen(path);
    await once(left, 'listening');
    await assert.rejects(
      serveText({ path }, () => ''),
      { code: 'host-listen-taken' },
    );
    writeFileSync(join(folder, 'file'), 'kept');
    await assert.rejects(
      serveText({ path: join(folder, 'file') }, () => ''),
      { code: 'host-listen-failed' },
    );
    await assert.rejects(
      serveText({ path: join(folder, 'none', 'status') }, () => ''),
      { code: 'host-listen-failed' },
    );
    // As kill -9 leaves it: what closing takes away stands elsewhere.
    renameSync(path, join(folder, 'stale'));
    left.close();
    await once(left, 'close');
    const stale = { path: join(folder, 'stale') };
    await assert.rejects(readAll(stale), { code: 'ECONNREFUSED' });
    const second = await serveText(stale, () => 'new');
    assert.equal(await readAll(stale), 'new');
    await second.close();
  });

  test('HTTP answers GET and HEAD by path, and nobody who came by another name', async () => {
    const listener = await serveHttp({ port: 0 }, (path) => ({
      status: path === '/there' ? 200 : 404,
      contentType: 'text/x',
      body: `at ${path}\n`,
    }));
    try {
      assert.deepEqual(await get(listener, '/there?more'), { status: 200, type: 'text/x', body: 'at /there\n' });
      assert.equal((await get(listener, '/elsewhere')).status, 404);
      assert.deepEqual(await get(listener, '/there', { method: 'HEAD' }), { status: 200, type: 'text/x', body: '' });
      assert.equal((await get(listener, '/there', { method: 'POST' })).status, 405);
      assert.equal((await get(listener, '/there', { host: 'evil.example' })).status, 421);
      await assert.rejects(
        serveHttp({ port: listener.port ?? 0 }, () => ({ status: 200, contentType: '', body: '' })),
        { code: 'host-listen-taken' },
      );
    } finally {
      await listener.close();
    }
  });

  test('closing ends those who are still connected', async () => {
    const listener = await serveHttp({ port: 0 }, () => ({ status: 200, contentType: 'text/x', body: '' }));
    const idle = connect({ host: '127.0.0.1', port: listener.port ?? 0 });
    await once(idle, 'connect');
    const ended = once(idle, 'close');
    idle.on('error', () => {});
    await listener.close();
    await ended;
  });
});
