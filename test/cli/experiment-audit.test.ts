// The audit of a published experiment, from its files to what people and scripts read.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Finding } from '../../packages/tearless/src/experiments/audit/finding.ts';
import { runIn } from './harness.ts';

const published = join(import.meta.dirname, '../../packages/tearless/src/experiments/import/testdata/published');

const contaminated = ['22gz', '24kgoldn', '42dugg', 'bfbdapackman', 'biggk', 'bigpokeyhouston'];

describe('experiment audit of a published experiment', () => {
  let directory = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tearless-audit-'));
    const folder = join(directory, 'published');
    await mkdir(folder);
    for (const name of ['experiment.json', 'relay_config.csv'])
      await copyFile(join(published, name), join(folder, name));
    for (const name of ['memory_measurements.csv', 'bandwidth_measurements.csv'])
      await writeFile(join(folder, name), gunzipSync(await readFile(join(published, `${name}.gz`))));
    const { exitCode, stderr } = await runIn(directory, ['experiment', 'import', 'published', '--name', 'co']);
    assert.equal(exitCode, 0, stderr);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const audit = async (...options: string[]): Promise<{ exitCode: number; findings: readonly Finding[] }> => {
    const { exitCode, stdout, stderr } = await runIn(directory, ['experiment', 'audit', 'co', '--json', ...options]);
    const value = JSON.parse(stdout || stderr);
    assert.equal(value.schema, 'tearless.experiment-audit/v1', stderr);
    return { exitCode, findings: value.findings };
  };
  const relaysOf = (findings: readonly Finding[], code: string): string[] =>
    findings.filter((finding) => finding.code === code).flatMap(({ relays }) => relays);

  it('finds what is known to be wrong with it, and nothing besides', async () => {
    const { exitCode, findings } = await audit();
    assert.equal(exitCode, 7);
    assert.deepEqual(relaysOf(findings, 'carry-over'), contaminated);
    assert.deepEqual(
      findings.flatMap(({ exclusions }) => exclusions.map(({ relay, code }) => `${relay} ${code}`)),
      contaminated.map((relay) => `${relay} carry-over`),
    );
    assert.deepEqual(relaysOf(findings, 'missing-relay'), ['jayworthy']);
    assert.ok(findings.some(({ code, relays }) => code === 'identity' && relays.join() === 'estgee,fearlessfour'));
    const told = [...new Set(findings.map(({ code, kind, severity }) => `${kind} ${severity} ${code}`))];
    assert.deepEqual(told, [
      'fact warning identity',
      'fact warning duplicate-row',
      'fact warning gap',
      'fact warning missing-relay',
      'fact warning server-renamed',
      'inference error carry-over',
      'inference warning not-randomised',
      'inference warning unequal-start',
      'inference warning warm-up',
      'inference warning arm-changed',
      'inference info snapshot-conclusion',
      'inference info counter-dip',
      'method info single-host',
      'method info treatment-unproven',
      'method info dependent-samples',
      'method info multiple-comparison',
    ]);
  });

  it('judges a conclusion', async () => {
    await writeFile(
      join(directory, 'conclusion.yaml'),
      'method: snapshot\ninstant: 2026-01-07T12:00:01\narms: [A, B, F, G, H, Z]\nunit: relay\ncorrection: none\n',
    );
    const { findings } = await audit('--conclusion', 'conclusion.yaml');
    const snapshots = findings.filter(({ code }) => code === 'snapshot-conclusion');
    assert.deepEqual(
      snapshots.map(({ arm, severity }) => [arm, severity]),
      [
        ['F', 'warning'],
        ['G', 'warning'],
        ['H', 'warning'],
      ],
    );
    assert.equal(findings.find(({ code }) => code === 'multiple-comparison')?.severity, 'warning');
    assert.equal(
      findings.find(({ code }) => code === 'dependent-samples'),
      undefined,
    );
  });

  it('is told to people in lines that name relays and causes', async () => {
    const { exitCode, stdout } = await runIn(directory, ['experiment', 'audit', 'co']);
    assert.equal(exitCode, 7);
    assert.match(stdout, /^error carry-over 3 relays of arm A \(22gz, 24kgoldn, 42dugg\)/m);
    assert.match(stdout, /^ {2}left out of clean figures: 22gz, 24kgoldn, 42dugg$/m);
    assert.match(stdout, /^co: 2 errors, \d+ warnings, \d+ notes$/m);
  });

  it('refuses an experiment that is not there and a conclusion that cannot be read', async () => {
    const unknown = await runIn(directory, ['experiment', 'audit', 'nope']);
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /no experiment nope/);
    const unreadable = await runIn(directory, ['experiment', 'audit', 'co', '--conclusion', 'missing.yaml']);
    assert.equal(unreadable.exitCode, 64);
    assert.match(unreadable.stderr, /missing\.yaml cannot be read/);
  });
});
