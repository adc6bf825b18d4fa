import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FactsError } from '../error.ts';
import { type Section, splitSections } from '../section.ts';
import type { HostSample } from './observed.ts';
import { parseHostSample } from './parse-sample.ts';

const testdata = new URL('testdata/', import.meta.url);
const nonce = 'ab'.repeat(16);
const recorded = readFileSync(new URL('debian-12.txt', testdata));

/** The recording, with the text of one section made another. */
const parse = (section?: string, change: (text: string) => string = (text) => text): HostSample => {
  const sections = new Map<string, Section>(splitSections(recorded, nonce));
  const standing = section === undefined ? undefined : sections.get(section);
  if (section !== undefined) {
    assert.ok(standing, section);
    sections.set(section, { ...standing, bytes: Buffer.from(change(Buffer.from(standing.bytes).toString('latin1'))) });
  }
  return parseHostSample('h1', sections);
};
const names = ({ relays }: HostSample): string[] => relays.map(({ instance }) => instance);

describe('a recorded sample', () => {
  it('gives the expected values', () => {
    const file = new URL('debian-12.json', testdata);
    const text = `${JSON.stringify(parse(), null, 2)}\n`;
    if (process.env.TEARLESS_GOLDEN === 'write') writeFileSync(file, text);
    assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(file, 'utf8')));
  });

  for (const section of ['process-stat', 'process-status', 'process-memory', 'mapped-objects'])
    it(`leaves out a relay whose process ended before its ${section} was read, and says so`, () => {
      const sample = parse(section, (text) =>
        text
          .split('\n')
          .filter((line) => !/^(process |\/proc\/)?331\b/.test(line))
          .join('\n'),
      );
      assert.deepEqual(names(sample), ['glibc', 'mimalloc', 'taken']);
      assert.deepEqual(sample.unread, ['jemalloc']);
    });

  it('is refused when no process could be read, since that is no host without relays', () => {
    assert.throws(
      () => parse('process-memory', () => ''),
      (error) => error instanceof FactsError && error.retryable && /none of 4 processes/.test(error.message),
    );
  });

  it('of a host without relays is empty', () => {
    const empty = parse('units', () => '\n');
    assert.deepEqual([empty.relays, empty.unread], [[], []]);
  });

  it('leaves out units that do not run', () => {
    const sample = parse('units', (text) => text.replace('MainPID=332', 'MainPID=0'));
    assert.deepEqual(names(sample), ['glibc', 'jemalloc', 'mimalloc']);
    assert.deepEqual(sample.unread, []);
  });

  it('proves no package for a file that was replaced since it was loaded', () => {
    const sample = parse('mapped-objects', (text) =>
      text.replace(/^(object .*\/libjemalloc\.so\.2)$/m, '$1 (deleted)'),
    );
    const jemalloc = sample.relays.find(({ instance }) => instance === 'jemalloc')?.allocator;
    assert.equal(jemalloc?.allocator, 'jemalloc');
    assert.equal(jemalloc.package, undefined);
    assert.match(jemalloc.buildId ?? '', /^[0-9a-f]{40}$/);
  });

  for (const [section, text] of [
    ['boot-time', 'btime soon\n'],
    ['identities', '331 name NOFINGERPRINT\n'],
    ['process-status', '/proc/331/status:VmRSS: -1 kB\n'],
    ['process-stat', '331 (tor) S 1\n'],
  ] as const)
    it(`names ${section} when it cannot be understood`, () => {
      assert.throws(
        () => parse(section, () => text),
        (error) => error instanceof FactsError && error.fact === section && error.line === 1,
      );
    });

  it('that was damaged anywhere is understood or refused as what it is, never a bug', () => {
    fc.assert(
      fc.property(fc.nat(recorded.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const damaged = Buffer.from(cut ? recorded.subarray(0, at) : recorded);
        if (!cut) damaged[at] = byte;
        try {
          parseHostSample('h1', splitSections(damaged, nonce));
        } catch (error) {
          if (!(error instanceof FactsError)) throw error;
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
