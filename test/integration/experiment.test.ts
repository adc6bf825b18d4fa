// An experiment from beginning to end, as the example does it: a lab, people who use it, glibc against jemalloc on eight relays,
// designed, started, collected, watched, audited, reported, concluded, undone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listLabs } from '@tearless/lab/base/lab-state.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';

const skip = hostsUnavailableReason() ?? false;
const example = new URL('../../examples/experiment-on-the-lab.sh', import.meta.url).pathname;

/** The long form collects for five minutes. */
const roundsOfSamples = process.env.TEARLESS_SOAK === '1' ? 150 : 8;

describe('an experiment on eight relays that people use', { skip, timeout: 45 * 60_000 }, () => {
  let folder: string;
  let said = '';
  let exitCode: number | null = null;
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  /** What it said under a heading that begins so. */
  const part = (heading: string): string => {
    const found = said.split(/^== /m).find((text) => text.startsWith(heading));
    assert.ok(found !== undefined, `${heading}: ${said}`);
    return found;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tearless-experiment-'));
    const env = { ...process.env, ROUNDS_OF_SAMPLES: String(roundsOfSamples) };
    const child = spawn('sh', [example, folder], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    [exitCode] = await once(child, 'close');
    process.off('exit', stop);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('comes to its end, and the hosts are as they were', () => {
    assert.equal(exitCode, 0, `${said}\n${read('log.txt').slice(-4000)}`);
    assert.match(part('undo'), /the hosts are as they were/);
    assert.equal(read('after.txt'), read('before.txt'));
    assert.match(read('before.txt'), /h2 f .*tor\/instances\/hotel\/torrc/, 'the reader saw the relays');
  });

  test('draws four relays for each arm, and restarts each of them once', () => {
    assert.match(part('design'), /4 relays in each of 2 arms, seed example/);
    const started =
      read('log.txt').match(/^h\d\/\w+: restart tor@\w+\.service: .*begins the experiment allocators$/gm) ?? [];
    assert.equal(new Set(started).size, 8, started.join('\n'));
  });

  test('has samples with proof of what was loaded, and no fact speaks against the data', () => {
    // Counts are written for people: `1,208 samples`.
    const [, samples = ''] = /; ([\d,]+) samples at/.exec(part('collect')) ?? [];
    // A host that was slow once may be a gap.
    const why = () => `${samples} samples; ${part('collect')}\n${read('rounds.ndjson').slice(-4000)}`;
    assert.ok(Number(samples.replaceAll(',', '')) >= (8 * roundsOfSamples) / 2, why());
    assert.doesNotMatch(part('audit'), /treatment-unproven|^error /m);
    // Inferences are wrong once in a while by design, and right about processes that have just begun: their memory grows.
    const [, facts = ''] = part('audit').split(/^Facts: .*$/m);
    assert.doesNotMatch(facts.split(/^(?:Inferences|Methods): /m)[0] ?? '', /^warning (?!gap )/m);
  });

  test('reports in one page, which names both arms', () => {
    const page = read('report.html');
    assert.match(page, /^<!doctype html>/i);
    for (const arm of ['glibc', 'jemalloc']) assert.ok(page.includes(arm), arm);
    assert.doesNotMatch(page, /NaN|undefined/);
  });

  test('is concluded with every line of the checklist ticked, from the journal', () => {
    const [atTheEnd = '', aLittleLater = ''] = part('conclude').split(/^kept as .*conclusion\.md$/m);
    assert.match(atTheEnd, /^\[ \] Baseline after the change$/m, 'it is not due yet');
    assert.match(aLittleLater, /^\[x\] Baseline after the change$/m);
    assert.match(aLittleLater, /^\[x\] All 8 relays verified/m);
    assert.doesNotMatch(aLittleLater, /^\[ \]/m);
    assert.match(read('archive/conclusion.md'), /8 relays run/);
  });

  test('fails no request of those who use the relays', () => {
    const [, sent = '0', failed = ''] = /^(\d+) requests, (\d+) failed/m.exec(part('the people')) ?? [];
    assert.ok(Number(sent) >= 100, sent);
    assert.equal(failed, '0', part('the people'));
    assert.match(part('the people'), /, 0 failed$/m);
  });

  test('leaves no lab', () => {
    const [, lab = ''] = /^lab (\S+) is up/m.exec(said) ?? [];
    assert.match(lab, /^experiment-\d+$/);
    assert.ok(!listLabs().includes(lab), lab);
  });
});
