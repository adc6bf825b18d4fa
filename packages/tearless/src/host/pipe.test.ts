// What a helper must say before its pipe is believed, with shells in the place of helpers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { HostError } from './host-error.ts';
import { LocalTransport } from './local/local-transport.ts';
import { openPipe } from './pipe.ts';

const transport = new LocalTransport('here');
after(() => transport.close());

const open = async (script: string, signal?: AbortSignal, timeoutMs?: number) =>
  openPipe(await transport.start(script), {
    name: 'here',
    request: Buffer.from('a request\n'),
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    failure: async (exitCode, stderr) => (exitCode === 0 ? undefined : new Error(`${exitCode} ${stderr}`)),
  });
const isForeign = (error: unknown): boolean => error instanceof HostError && error.code === 'host-answer-bad';

test('what follows the greeting is the pipe’s, to the byte', async () => {
  const pipe = await open('read line; printf "tearless-control ready\\n250 %s\\r\\n" "$line"; cat');
  const [first] = await once(pipe, 'data');
  pipe.write('more');
  const [second] = await once(pipe, 'data');
  assert.deepEqual([String(first), String(second)], ['250 a request\r\n', 'more']);
  const ended = once(pipe, 'end');
  pipe.end();
  await ended;
});

test('another greeting is refused and shown without its control characters', async () => {
  await assert.rejects(open('printf "motd \\033[31m\\n"; cat'), (error) => {
    assert.ok(isForeign(error));
    assert.doesNotMatch((error as HostError).message, /\p{Cc}/u);
    return true;
  });
});

test('a helper that says something and fails is believed in why', async () => {
  await assert.rejects(open('echo 0123; echo outdated >&2; exit 76'), /76 outdated/);
});

test('a greeting without an end is not waited for', async () => {
  await assert.rejects(open('yes | tr -d "\\n"'), isForeign);
});

test('a helper that ends without a greeting is refused, and one that fails says why', async () => {
  await assert.rejects(open('exit 0'), isForeign);
  await assert.rejects(open('echo no >&2; exit 7'), /7 no/);
});

test('a helper that says nothing is given up when the caller gives up', async () => {
  const giveUp = new AbortController();
  const opening = open('exec sleep 60', giveUp.signal);
  giveUp.abort();
  await assert.rejects(opening, (error) => error === giveUp.signal.reason);
});

test('a helper that says nothing is not waited for without end, since tor may stand still', async () => {
  await assert.rejects(open('exec sleep 600', undefined, 50), { code: 'host-timeout', kind: 'timeout' });
  await assert.rejects(open('printf tearless; exec sleep 600', undefined, 50), { code: 'host-timeout' });
});

test('the failure of the helper is the stream’s error', async () => {
  const pipe = await open('echo "tearless-control ready"; read line; echo gone >&2; exit 9');
  const failed = once(pipe, 'error');
  pipe.resume();
  const [error] = await failed;
  assert.match(String(error), /9 gone/);
});
