import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FactsError } from './error.ts';
import { parseHostFacts } from './host-facts.ts';
import type { InstanceFacts } from './observed.ts';
import type { Section } from './section.ts';
import { readRecording } from './testing/recordings.ts';

const original = readRecording('debian-12');
const textOf = (fact: string): string => Buffer.from(original.get(fact)?.bytes ?? []).toString();
const withText = (...changes: (readonly [fact: string, text: string])[]): Map<string, Section> => {
  const sections = new Map(original);
  for (const [name, text] of changes) sections.set(name, { name, bytes: Buffer.from(text), exitCode: 0 });
  return sections;
};
const instanceOf = (sections: ReadonlyMap<string, Section>, name: string): InstanceFacts => {
  const found = parseHostFacts('h', sections).instances.find((instance) => instance.name === name);
  assert.ok(found);
  return found;
};
const withoutLines = (text: string, part: string): string =>
  text
    .split('\n')
    .filter((line) => !line.includes(part))
    .join('\n');
const pidOf = (name: string): number => instanceOf(original, name).mainPid;

describe('facts of a host', () => {
  it('name the section that is missing', () => {
    const sections = new Map(original);
    sections.delete('packages');
    assert.throws(() => parseHostFacts('h', sections), /fact packages: the host did not report it/);
  });

  it('name the section whose commands failed, and how', () => {
    const sections = new Map(original).set('units', { name: 'units', bytes: Buffer.from(''), exitCode: 123 });
    assert.throws(() => parseHostFacts('h', sections), /fact units: its commands ended with exit code 123/);
  });

  it('leave a process out that had ended before it was looked at', () => {
    const pid = pidOf('mimalloc');
    const stat = textOf('process-stat');
    assert.equal(
      instanceOf(withText(['process-stat', withoutLines(stat, `${pid} (tor)`)]), 'mimalloc').process,
      undefined,
    );
    const ended = stat.replace(`${pid} (tor) S`, `${pid} (tor) Z`);
    assert.equal(instanceOf(withText(['process-stat', ended]), 'mimalloc').process, undefined);
  });

  it('are refused when a process ends half way through, or may not be read', () => {
    const pid = pidOf('mimalloc');
    for (const [fact, part] of [
      ['process-status', `/proc/${pid}/`],
      ['process-memory', `/proc/${pid}/smaps_rollup:Pss`],
      ['mapped-objects', `process ${pid} `],
    ] as const)
      assert.throws(
        () => parseHostFacts('h', withText([fact, withoutLines(textOf(fact), part)])),
        (error) =>
          error instanceof FactsError &&
          error.retryable &&
          error.message === `fact ${fact}: process ${pid} runs and could not be read`,
      );
  });

  it('are refused when what a living process has mapped could not be read', () => {
    const pid = pidOf('mimalloc');
    const sections = withText(
      ['elf-files', withoutLines(textOf('elf-files'), `/proc/${pid}/`)],
      ['elf-heads', Buffer.from('').toString('base64')],
    );
    assert.throws(
      () => parseHostFacts('h', sections),
      (error) =>
        error instanceof FactsError &&
        error.retryable &&
        /fact elf-heads: process \d+ runs and could not be read/.test(error.message),
    );
  });

  it('are refused as changed when a file grew while it was read', () => {
    const status = textOf('file-status').replace(
      / (\d+) (\/etc\/crontab)/,
      (_, size, path) => ` ${Number(size) + 1} ${path}`,
    );
    assert.throws(
      () => parseHostFacts('h', withText(['file-status', status])),
      (error) => error instanceof FactsError && error.code === 'facts-changed-while-read',
    );
  });

  it('are refused when a configuration file is far too large', () => {
    const status = textOf('file-status').replace(/ \d+ (\/etc\/crontab)/, ' 1048577 $1');
    assert.throws(() => parseHostFacts('h', withText(['file-status', status])), /\/etc\/crontab has 1048577 bytes/);
  });

  it('name the unit whose property makes no sense', () => {
    const units = textOf('units').replace(/NRestarts=0/, 'NRestarts=many');
    assert.throws(
      () => parseHostFacts('h', withText(['units', units])),
      /fact units, line 1: expected a number as NRestarts of tor@glibc.service, found "many"/,
    );
  });

  it('give an instance whose torrc moves its data there, with the control socket it asks for', () => {
    const torrc =
      /==> \/etc\/tor\/instances\/glibc\/torrc <==\n([\s\S]*?\n)\n==> /.exec(textOf('file-text'))?.[1] ?? '';
    const line = 'DataDirectory /srv/x\nControlPort unix:/srv/c\n';
    const sections = withText(
      ['file-text', textOf('file-text').replace(torrc, `${torrc}${line}`)],
      [
        'file-status',
        textOf('file-status').replace(
          `${torrc.length} /etc/tor/instances/glibc/torrc`,
          `${torrc.length + line.length} /etc/tor/instances/glibc/torrc`,
        ),
      ],
      ['fingerprints', `/srv/x/fingerprint:moved ${'AB'.repeat(20)}\n`],
    );
    const { dataDirectory, nickname, fingerprint, controlSocket } = instanceOf(sections, 'glibc');
    assert.deepEqual(
      [dataDirectory, nickname, fingerprint, controlSocket],
      ['/srv/x', 'moved', 'AB'.repeat(20), '/srv/c'],
    );
  });

  it('have no default instance where its unit is masked', () => {
    assert.equal(
      parseHostFacts('h', original).instances.some(({ name }) => name === 'default'),
      false,
    );
  });
});
