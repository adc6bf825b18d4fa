// Every parser of a section: refuses bad input with its fact and line, and never fails in another way.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FactsError } from '../error.ts';
import { parseSection, textParsers } from '../testing/parse-section.ts';
import { readRecording, recordings } from '../testing/recordings.ts';

// The text of each section, which line is wrong, and what the error says of it.
const refused: readonly (readonly [fact: string, text: string, line: number, problem: RegExp])[] = [
  ['allocator-markers', '/usr/lib/libx.so:snmalloc\n', 1, /PATH:MARKER/],
  ['clock', '1763680205\n0b3f1c2e-6a0e-4a57-9a3c-0d7e5b1f7a10\n100\n', 1, /milliseconds since 1970/],
  ['clock', '1763680205123\nnone\n100\n', 2, /a boot id, found "none"/],
  ['clock', '1763680205123\n0b3f1c2e-6a0e-4a57-9a3c-0d7e5b1f7a10\n', 3, /clock ticks/],
  ['disks', 'Filesystem Size\n', 1, /heading/],
  ['disks', ' 1B-blocks Avail Mounted on\n 12 13 /\n 12 - /srv\n', 3, /SIZE AVAILABLE MOUNT/],
  ['elf-files', '12 relative\n', 1, /SIZE PATH/],
  ['file-status', '644 root:0 root:0 12 /a\n844 root:0 root:0 12 /b\n', 2, /MODE OWNER/],
  ['fingerprints', '/var/lib/tor/fingerprint:Unnamed 0123\n', 1, /PATH:NICKNAME FINGERPRINT/],
  ['kernel', '6.1.0\n', 1, /RELEASE MACHINE/],
  ['kernel', '6.1.0 x86_64\nmore\n', 2, /RELEASE MACHINE/],
  ['library-aliases', '/a\t/b\n/c\n', 2, /PATH<tab>PATH/],
  ['library-candidates', '/a\nb\n', 2, /a path/],
  ['machine', 'cpus 0\nMemTotal: 12 kB\n', 1, /cpus NUMBER/],
  ['machine', 'cpus 4\nMemFree: 12 kB\n', 2, /MemTotal/],
  ['mapped-objects', 'object 1 12 00-ff fe:00 1 /a\nprocess 12 1 2\n', 2, /numbers of objects above/],
  ['mapped-objects', 'mapping\n', 1, /object NUMBER/],
  ['os', 'ID=debian\nrm -rf /\n', 2, /NAME=VALUE/],
  ['os', 'ID="debian\n', 1, /NAME=VALUE/],
  ['os', 'ID=$(reboot)\n', 1, /NAME=VALUE/],
  ['package-files', 'libjemalloc2:/usr/lib/libjemalloc.so.2\n', 1, /LIST:PATH/],
  ['packages', 'ii \ttor\tamd64\t\n', 1, /version of an installed package/],
  ['packages', 'ii \ttor\tamd64\t1\nii tor\n', 2, /STATUS NAME/],
  ['process-memory', '/proc/12/smaps_rollup:Rss: 12 kB\n/proc/12/smaps_rollup:Pss: 12 MB\n', 2, /FIELD: NUMBER kB/],
  ['process-memory', '/proc/12/smaps_rollup:Rss:  99999999999999999 kB\n', 1, /FIELD: NUMBER kB/],
  ['process-preload', '/proc/12/environ:PATH=/bin\n', 1, /LD_PRELOAD/],
  ['process-stat', '12 (tor) S 1 12 12\n', 1, /19 numbers/],
  ['process-status', '/proc/x/status:VmHWM: 12 kB\n', 1, /FIELD: NUMBER kB/],
  ['systemd-version', 'systemd\n', 1, /systemd RELEASE/],
  ['timer-files', 'a.timer enabled enabled\nb.service enabled\n', 2, /UNIT STATE PRESET/],
  ['tor-version', 'tor 0.4.8.16\n', 1, /Tor version NUMBER/],
  ['torrc-includes', 'read\t/etc/tor/torrc\t/a\nread /b /c\n', 2, /STATE FROM PATH/],
  ['units', 'Id=tor@a.service\nMainPID\n', 2, /PROPERTY=VALUE/],
  ['units', 'Id=tor@a.service\n\nMainPID=1\n', 3, /a unit with an Id/],
  ['units', 'Id=tor@a.service\nId=tor@b.service\n', 2, /an empty line between two units/],
];

describe('a parser of a fact', () => {
  for (const [fact, text, line, problem] of refused)
    it(`refuses ${fact} ${JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text)} and names line ${line}`, () => {
      assert.throws(
        () => textParsers[fact]?.(text),
        (error) => {
          assert.ok(error instanceof FactsError);
          assert.equal(error.fact, fact);
          assert.equal(error.line, line);
          assert.match(error.message, problem);
          assert.match(error.message, new RegExp(`^fact ${fact}, line ${line}: `));
          assert.notEqual(error.hint, undefined);
          return true;
        },
      );
    });

  it('is tested here for every fact that has one', () => {
    assert.deepEqual([...new Set(refused.map(([fact]) => fact))].sort(), Object.keys(textParsers).sort());
  });

  it('refuses text that ends in the middle of a line', () => {
    for (const [fact, parse] of Object.entries(textParsers)) assert.throws(() => parse('cut'), FactsError, fact);
  });

  it('reads or refuses any change of a real output, and fails in no other way', () => {
    const samples = recordings.flatMap((name) => {
      const sections = readRecording(name);
      return [...sections.values()].map(({ name: fact, bytes }) => ({ sections, fact, bytes }));
    });
    const damage = fc.record({
      sample: fc.constantFrom(...samples),
      at: fc.nat(),
      remove: fc.nat(40),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(Buffer.from('\n'), Buffer.from(' '), Buffer.from('-1')),
      ),
    });
    fc.assert(
      fc.property(damage, ({ sample: { sections, fact, bytes }, at, remove, insert }) => {
        const start = at % (bytes.length + 1);
        const damaged = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
        try {
          parseSection(fact, new Map(sections).set(fact, { name: fact, bytes: damaged, exitCode: 0 }));
        } catch (error) {
          assert.ok(error instanceof FactsError, `${fact}: ${error}`);
        }
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});
