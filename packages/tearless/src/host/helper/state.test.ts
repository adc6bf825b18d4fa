// The lock, the journals and the list of owned files, on the helper's own text.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { bootCommand, encodeHelperRequest, encodeProgram } from '../request.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { type RenderedHelper, renderHelper } from './render-helper.ts';

let place: OwnPlace;
let helper: RenderedHelper;
let host: RemoteHost;
before(async () => {
  place = await ownPlace();
  helper = renderHelper({ factsScript: 'printf "%s;" "$@"', place });
  host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

const say = async (verb: string, args: readonly string[] = [], input = ''): Promise<string> =>
  new TextDecoder().decode((await host.call(verb, { args, input })).stdout);

const fails = async (action: Promise<unknown>, code: string): Promise<HostError> => {
  const error = await action.then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
};

describe('the lock', () => {
  test('is nobody’s at first', async () => {
    assert.equal(await say('lock-show'), '');
  });

  test('goes to one run, says whose it is to the others, and may be taken again by its own', async () => {
    await say('lock-take', ['r1'], '{"run":"r1"}\n');
    const error = await fails(say('lock-take', ['r2'], '{"run":"r2"}\n'), 'host-locked');
    assert.equal(error.kind, 'locked');
    assert.equal(new TextDecoder().decode(error.stdout), '{"run":"r1"}\n');
    await say('lock-take', ['r1'], '{"run":"r1","again":true}\n');
    assert.equal(await say('lock-show'), '{"run":"r1","again":true}\n');
  });

  test('is released by its own run alone', async () => {
    assert.equal(await say('lock-release', ['r2']), '');
    assert.notEqual(await say('lock-show'), '');
    assert.equal(await say('lock-release', ['r1']), 'released\n');
    assert.equal(await say('lock-release', ['r1']), '');
    assert.equal(await say('lock-show'), '');
  });

  test('goes to exactly one of many that want it at once', async () => {
    const runs = ['a', 'b', 'c', 'd', 'e', 'f'];
    const taken = await Promise.allSettled(runs.map((run) => say('lock-take', [run], `${run}\n`)));
    const winners = runs.filter((_, index) => taken[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1);
    assert.equal(await say('lock-show'), `${winners[0]}\n`);
    await say('lock-release', [winners[0] ?? '']);
  });
});

describe('a journal', () => {
  const file = (): string => join(place.root, 'var/lib/tearless/runs/r1/journal.ndjson');

  test('grows by whole lines and is read as it was written', async () => {
    await fails(say('journal-read', ['r1']), 'host-not-found');
    assert.equal(await say('journal-append', ['r1'], '{"a":1}\n'), '8\n');
    assert.equal(await say('journal-append', ['r1'], '{"ü":2}\n{}\n'), '20\n');
    assert.equal(await say('journal-read', ['r1']), '{"a":1}\n{"ü":2}\n{}\n');
    assert.match(await say('journal-list'), /^r1\/journal\.ndjson 20 \d+\.\d+\n$/);
    assert.equal((await stat(file())).mode & 0o777, 0o600);
  });

  test('takes no part of a line, and nothing', async () => {
    await fails(say('journal-append', ['r1'], '{}'), 'host-content-refused');
    await fails(say('journal-append', ['r1'], ''), 'host-content-refused');
  });

  test('takes lines once, however often they are sent to their place', async () => {
    assert.equal(await say('journal-append', ['r1', '20'], '{"b":3}\n'), '28\n');
    assert.equal(await say('journal-append', ['r1', '20'], '{"b":3}\n'), '28\n');
    await fails(say('journal-append', ['r1', '20'], '{"b":4}\n'), 'host-state-changed');
    await fails(say('journal-append', ['r1', '99'], '{"b":4}\n'), 'host-state-changed');
    assert.equal((await readFile(file(), 'utf8')).length, 27);
  });

  test('loses a line that a power cut tore, and no other', async () => {
    await appendFile(file(), '{"torn');
    await say('journal-append', ['r1'], '{"c":5}\n');
    assert.equal(await say('journal-read', ['r1']), '{"a":1}\n{"ü":2}\n{}\n{"b":3}\n{"c":5}\n');
  });

  test('keeps the order and the lines of many that append at once', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, index) => say('journal-append', ['r2'], `${index}\n`)));
    const lines = (await say('journal-read', ['r2'])).trim().split('\n').map(Number);
    assert.deepEqual(
      lines.sort((a, b) => a - b),
      [...lines.keys()],
    );
    assert.equal(lines.length, 12);
  });

  test('has the name of a run and nothing else', async () => {
    for (const run of ['../r', 'a/b', '.', '', '-r', 'a b'])
      await fails(say('journal-append', [run], '{}\n'), 'host-request-bad');
  });
});

test('the list of owned files is what was last put', async () => {
  assert.equal(await say('owned-show'), '');
  await say('owned-put', [], '{"files":{}}\n');
  await say('owned-put', [], '{}\n');
  assert.equal(await say('owned-show'), '{}\n');
});

test('the facts script gets its arguments', async () => {
  assert.equal(await say('facts', ['a b', 'c']), 'a b;c;');
});

test('a request that was cut on its way changes nothing and may be sent again', async () => {
  const request = { version: helper.version, verb: 'owned-put', args: [], input: '{"files":{"a":1}}\n' };
  const whole = Buffer.concat([Buffer.from(encodeProgram(helper.text)), encodeHelperRequest(request)]);
  for (const cut of [1, 5, 18, 19, 30]) {
    const running = await new LocalTransport('here').start(bootCommand);
    running.stdin.end(whole.subarray(0, whole.length - cut));
    running.stdout.resume();
    running.stderr.resume();
    assert.notEqual((await running.ended).exitCode, 0, `${cut} bytes short`);
    assert.equal(await say('owned-show'), '{}\n');
  }
});

describe('a shell from before the lock was taken', () => {
  test('does nothing that reaches it late: it may be of a process that was killed', async () => {
    const old = await new LocalTransport('here').start(bootCommand);
    let said = '';
    old.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    old.stderr.resume();
    old.stdin.write(encodeProgram(helper.text));
    const ask = (verb: string, input: string, nonce: string) =>
      old.stdin.write(encodeHelperRequest({ version: helper.version, verb, args: [], input, nonce }));
    ask('owned-put', '{"files":{"a":1}}\n', 'aa');
    while (!said.includes('\naa 0\n')) await once(old.stdout, 'data');
    await say('lock-take', ['r1'], '{"run":"r1"}\n');
    await say('owned-put', [], '{}\n');
    ask('owned-show', '', 'bb');
    while (!said.includes('\nbb 0\n')) await once(old.stdout, 'data');
    ask('owned-put', '{"files":{"late":1}}\n', 'cc');
    assert.equal((await old.ended).exitCode, 0);
    assert.match(said, /\ncc 67\n$/);
    assert.equal(await say('owned-show'), '{}\n');
  });

  test('is replaced where its process still lives', async () => {
    const other = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
    const many = Array.from({ length: 6 }, (_, index) => `${index}\n`);
    await Promise.all(many.map((line) => say('journal-append', ['r3'], line)));
    await other.call('lock-take', { args: ['r1'], input: '{"run":"r1"}\n' });
    await Promise.all(many.map((line) => say('journal-append', ['r3'], line)));
    assert.equal((await say('journal-read', ['r3'])).length, 24);
    await other.close();
    assert.equal(await say('lock-release', ['r1']), 'released\n');
  });
});

test('a helper of another version says so', async () => {
  const other = renderHelper({ factsScript: 'true', place });
  const outdated: RenderedHelper = { ...helper, version: other.version };
  const asked = new RemoteHost({ transport: new LocalTransport('here'), helper: outdated, carryHelper: true });
  const error = await fails(asked.call('hello'), 'host-helper-outdated');
  assert.equal(new TextDecoder().decode(error.stdout), `${helper.version}\n`);
  await asked.close();
});
