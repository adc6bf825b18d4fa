// The demo as a user runs it: what it promises is what it prints, and nothing of it is left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';

const root = join(import.meta.dirname, '..', '..');
const unavailable = hostsUnavailableReason();
const isLong = process.env.TEARLESS_SOAK === '1';
const longAlone = isLong ? false : 'four minutes: `npm run test:soak` plays it';
/** Once set up all of it takes about seven minutes; a root file system and builds of tor may have to be made first. */
const timeoutMs = 30 * 60_000;

// Longer than each of the two may take: they take their labs down themselves.
describe('tearless demo', { skip: unavailable ?? false, timeout: 2 * timeoutMs + 5 * 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-demo-'));
  let exitCode: number | null;
  let output: string;
  let progress: string;

  /** Another one that is called while the first has its lab. */
  let second: { readonly exitCode: number | null; readonly output: string };

  /** @param hear is told all that it has said so far on standard error */
  const play = async (args: readonly string[], hear: (said: string) => void = () => {}) => {
    const child = spawn(join(root, 'tearless'), ['demo', '--json', '--report', directory, ...args], {
      cwd: directory,
      timeout: timeoutMs,
    });
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      hear(said);
    });
    const [printed, status] = await Promise.all([text(child.stdout), ended]);
    process.off('exit', stop);
    return { output: printed, progress: said, exitCode: status };
  };

  before(async () => {
    const { promise: hasLab, resolve: goOn } = Promise.withResolvers<void>();
    const first = play(isLong ? [] : ['--scene', 'allocator'], (said) => {
      if (said.includes('private network: ')) goOn();
    });
    await Promise.race([hasLab, first]);
    second = await play(['--scene', 'allocator']);
    ({ output, progress, exitCode } = await first);
  });
  after(() => rmSync(directory, { recursive: true }));

  it('keeps what it promises', () => {
    assert.equal(exitCode, 0, progress.slice(-4000));
    const demo = JSON.parse(output);
    assert.equal(demo.schema, 'tearless.demo/v1');
    assert.equal(typeof demo.durationSeconds, 'number');
    const [scene] = demo.scenes;
    assert.equal(demo.scenes.length, isLong ? 3 : 1);
    assert.equal(scene.name, 'allocator');
    assert.ok(scene.requests.sent >= 200, `${scene.requests.sent} requests`);
    assert.equal(scene.requests.failed, 0);
    assert.ok(scene.streams.opened > 0);
    assert.equal(scene.facts.relaysChanged, 8);
    assert.equal(scene.facts.faultCaught, true);
    assert.equal(scene.facts.undoIdentical, true);
    assert.ok(scene.facts.memoryBeforeBytes > scene.facts.memoryAfterBytes && scene.facts.memoryAfterBytes > 0);
  });

  it('is refused while another is under way, which goes on', () => {
    assert.notEqual(second.exitCode, 0);
    assert.equal(JSON.parse(second.output).error.code, 'lab-exists');
  });

  it('serves one address over workers that come and go', { skip: longAlone }, () => {
    const { scenes } = JSON.parse(output);
    const [, { name, requests, facts }] = scenes;
    assert.equal(name, 'balancer');
    assert.ok(requests.sent >= 200, `${requests.sent} requests`);
    assert.equal(requests.failed, 0);
    assert.equal(facts.introductionPoints, 12);
    assert.ok(facts.distinctDescriptors > 1);
    assert.deepEqual(Object.keys(facts.shares), ['w1', 'w2', 'w3', 'w4']);
    assert.ok(facts.secondsToAllDirectories.p50 <= facts.secondsToAllDirectories.worst);
    assert.ok(facts.connectP99Ms.fresh > 0 && facts.connectP99Ms.cached > 0);
    const page = readFileSync(join(directory, 'balancer.html'), 'utf8');
    assert.match(page, /^<!doctype html>/);
    assert.match(page, /<svg /);
    assert.doesNotMatch(page, /\b(src|href)=|@import|url\(|NaN|undefined/);
  });

  it('gives a relay in use new code, and loses nothing by it', { skip: longAlone }, () => {
    const { scenes } = JSON.parse(output);
    const [, , { name, requests, streams, facts }] = scenes;
    assert.equal(name, 'live');
    assert.ok(requests.sent >= 50, `${requests.sent} requests`);
    assert.deepEqual([requests.failed, streams.cut], [0, 0]);
    assert.ok(streams.opened >= 20);
    assert.equal(facts.pausesMs.length, 4);
    assert.ok(facts.streamsKept >= 20 && facts.circuitsKept > 0);
    assert.ok(facts.restart.streamsLost > 0 && facts.restart.circuitsLost > 0);
    const page = readFileSync(join(directory, 'live.html'), 'utf8');
    assert.match(page, /^<!doctype html>/);
    assert.doesNotMatch(page, /\b(src|href)=|@import|url\(|NaN|undefined/);
  });

  it('writes a report that needs nothing from anywhere', () => {
    const page = readFileSync(join(directory, 'allocator.html'), 'utf8');
    assert.match(page, /^<!doctype html>/);
    assert.match(page, /<svg /);
    assert.doesNotMatch(page, /\b(src|href)=|@import|url\(/);
    for (const relay of ['h1/alpha', 'h2/hotel']) assert.ok(page.includes(relay));
    assert.doesNotMatch(page, /NaN|undefined/);
  });

  it('leaves nothing behind', () => {
    assert.deepEqual(
      existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => /^tl-demo(\.|-live|$)/.test(name)) : [],
      [],
    );
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), /tearless\/labs\/demo\//);
    assert.equal(existsSync('/run/tearless/labs/demo'), false);
    assert.equal(existsSync('/run/tearless/labs/demo-live'), false);
  });
});
