// The same files through the real tor: what it takes from them must be what this package reads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addOption, setOption } from './edit.ts';
import { type EffectiveTorrc, effectiveOptions, type FlatOption, flattenTorrc, type IncludedFile } from './flatten.ts';
import { canonicalName, knownOptions } from './known-options.ts';
import { optionAliases } from './known-options-table.ts';
import { decodeQuoted } from './quoted.ts';
import { parseTorrc, renderTorrc } from './syntax.ts';
import { normalizeValue } from './value.ts';

const folder = fileURLToPath(new URL('../../testdata/torrc/', import.meta.url));
const hasTor = spawnSync('tor', ['--version']).error === undefined;
const skip = hasTor ? false : 'tor is not installed';

describe('torrc as the real tor reads it', { skip }, () => {
  let dataDirectory = '';
  before(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'tearless-torrc-'));
  });
  after(() => rmSync(dataDirectory, { recursive: true, force: true }));

  /** tor reads the file in its folder, opens nothing but its data directory, and prints or judges. */
  function runTor(file: string, action: string[], options: { cwd?: string; defaults?: string } = {}) {
    const { cwd = join(folder, 'valid'), defaults = '/dev/null' } = options;
    const args = ['--quiet', '--defaults-torrc', defaults, '-f', file, '--DataDirectory', dataDirectory, ...action];
    const { status, stdout, error } = spawnSync('tor', args, { cwd, encoding: 'utf8', timeout: 180_000 });
    if (error) throw error;
    return { status, stdout };
  }

  function dump(file: string, how: 'short' | 'full', defaults?: string): EffectiveTorrc {
    const { status, stdout } = runTor(file, ['--dump-config', how], defaults === undefined ? {} : { defaults });
    assert.equal(status, 0, `tor --dump-config refuses ${file}`);
    return effectiveOptions(parseDump(stdout));
  }

  function dumpText(text: string, how: 'short' | 'full' = 'full', defaultsText?: string): EffectiveTorrc {
    const [file, defaults] = [join(dataDirectory, 'torrc'), join(dataDirectory, 'torrc-defaults')];
    writeFileSync(file, text);
    if (defaultsText === undefined) return dump(file, how);
    writeFileSync(defaults, defaultsText);
    return dump(file, how, defaults);
  }

  function assertSame(ours: EffectiveTorrc, full: EffectiveTorrc, short: EffectiveTorrc) {
    for (const [name, values] of ours.values) {
      assert.deepEqual(normal(name, full.values.get(name) ?? []), normal(name, values), name);
    }
    for (const name of short.values.keys()) {
      assert.ok(name === 'DataDirectory' || ours.values.has(name), `tor has ${name}, which was not found in the file`);
    }
    assert.deepEqual(full.serviceLines, ours.serviceLines);
  }

  const valid = readdirSync(join(folder, 'valid')).filter((name) => name.endsWith('.torrc'));
  for (const name of valid) {
    test(`${name} has the same effective options`, () => {
      const tree = parseTorrc(readFileSync(join(folder, 'valid', name), 'utf8'));
      const ours = effectiveOptions(flattenTorrc(tree, resolveInclude, name));
      assertSame(ours, dump(name, 'full'), dump(name, 'short'));
    });
  }

  /** tor ends the file at a NUL without a word, and takes escapes that are not UTF-8 or that make a NUL. */
  const onlyWeRefuse = ['nul.torrc', 'nul-escape.torrc', 'not-utf8.torrc'];
  for (const name of readdirSync(join(folder, 'unparseable')).filter((file) => file.endsWith('.torrc'))) {
    const refused = !onlyWeRefuse.includes(name);
    test(`${name} is ${refused ? 'refused' : 'accepted'}`, () => {
      const { status } = runTor(name, ['--verify-config'], { cwd: join(folder, 'unparseable') });
      if (name === 'not-utf8.torrc') return; // ContactInfo must be UTF-8 for tor as well, other options need not
      assert.equal(status !== 0, refused);
    });
  }

  test('an edited file says what was asked for, also with values that need quotes', () => {
    const contact = 'a "b" # c \\';
    for (const name of valid) {
      const text = readFileSync(join(folder, 'valid', name), 'utf8');
      if (text.includes('%include')) continue;
      const tree = addOption(setOption(parseTorrc(text), 'ContactInfo', [contact]), 'ExitPolicy', 'reject *:6667');
      const ours = effectiveOptions(flattenTorrc(tree, () => undefined));
      const full = dumpText(renderTorrc(tree));
      assert.deepEqual(full.values.get('ContactInfo'), [contact], name);
      assert.deepEqual(full.values.get('ExitPolicy'), ours.values.get('ExitPolicy'), name);
    }
  });

  test('torrc-defaults and torrc combine the same way', () => {
    const defaults = 'Log notice file /tmp/one\nNickname d\nExitPolicy reject *:1\nSocksPort 9050\n';
    for (const text of [
      '+Log err file /tmp/two\nLog warn file /tmp/three\n',
      'Log err file /tmp/two\n+Log warn file /tmp/three\n',
      '/Log\n/Nickname\n+ExitPolicy reject *:2\n',
      'Nickname\nMaxUnparseableDescSizeToLog\nLongLivedPorts\nDirCache\nExitRelay\n',
      '__SocksPort 9051\n',
    ]) {
      const flat = (source: string) => flattenTorrc(parseTorrc(source), () => undefined);
      const ours = effectiveOptions(flat(defaults), flat(text));
      const full = dumpText(text, 'full', defaults);
      for (const name of new Set(['Log', 'Nickname', 'ExitPolicy', 'SocksPort', ...ours.values.keys()])) {
        if (name.startsWith('__')) continue; // tor dumps none of these
        const stated = (full.values.get(name) ?? []).filter((value) => value !== '');
        assert.deepEqual(stated, ours.values.get(name) ?? [], `${text}: ${name}`);
      }
    }
  });

  test('values are written the way tor writes them', () => {
    const samples: [string, string][] = [];
    const sizes = 'bytes KB kbytes kilobytes kbits m MB mbytes megabytes MBits gb GBytes gigabits tb tbits';
    for (const unit of sizes.split(' ')) samples.push(['MaxUnparseableDescSizeToLog', `3 ${unit}`]);
    for (const unit of 'second minutes hour days week months'.split(' '))
      samples.push(['RephistTrackTime', `3 ${unit}`]);
    for (const unit of 'msec milliseconds second minute'.split(' ')) samples.push(['MaxOnionQueueDelay', `3 ${unit}`]);
    samples.push(
      ['MaxUnparseableDescSizeToLog', '1.5 kb'],
      ['LongLivedPorts', '1, 2 ,3'],
      ['ExcludeNodes', '{de},  {fr}'],
    );
    samples.push(
      ['ConnectionPadding', 'AUTO'],
      ['PathBiasNoticeRate', '.25'],
      ['NumCPUs', '02'],
      ['ExitRelay', '0'],
      ['CircuitPadding', '0'],
    );
    for (const [name, value] of samples) {
      const [written = ''] = dumpText(`${name} ${value}\n`).values.get(name) ?? [];
      const expected = name === 'PathBiasNoticeRate' ? String(Number(written)) : written;
      assert.equal(normalizeValue(name, value), expected, `${name} ${value}`);
    }
    for (const [name, value] of [
      ['MaxUnparseableDescSizeToLog', '3 k'],
      ['RephistTrackTime', '3 min'],
      ['StrictNodes', '01'],
      ['ExitRelay', 'maybe'],
    ]) {
      writeFileSync(join(dataDirectory, 'torrc'), `${name} ${value}\n`);
      assert.notEqual(runTor(join(dataDirectory, 'torrc'), ['--verify-config']).status, 0, `${name} ${value}`);
    }
  });

  test('every alias stands for the option the table names', () => {
    const special: Record<string, string> = { VirtualAddrNetworkIPv4: '10.0.0.0/8', BandwidthBurst: '1.5 GB' };
    const values: Record<string, string> = { 'data-size': '512 MB', boolean: '1', interval: '7', integer: '1234' };
    for (const pair of optionAliases.trim().split(/\s+/)) {
      const [alias = '', name = ''] = pair.split('=');
      const option = knownOptions.find((known) => known.name === name);
      assert.ok(option, pair);
      if (/^Testing|^Bridge|DirServer|AuthDir/.test(alias)) continue; // need a whole network to be accepted
      const value = special[name] ?? values[option.type] ?? '17';
      const found = dumpText(`${alias} ${value}\n`).values.get(canonicalName(alias));
      assert.equal(canonicalName(alias), name);
      assert.deepEqual(normal(name, found ?? []), [normalizeValue(name, value)], pair);
    }
  });
});

/**
 * One line an option. Not parseTorrc: tor writes a trailing backslash and outer spaces without the quotes they need,
 * so its own dump does not read back (0.4.9.11).
 */
function parseDump(text: string): FlatOption[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((written, index) => {
    const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(written) ?? [];
    const decoded = value.startsWith('"') ? decodeQuoted(value, 0, index + 1).value : value;
    return { prefix: '', name, value: decoded, file: 'dump', line: index + 1 };
  });
}

function normal(name: string, values: readonly string[]): string[] {
  return values.map((value) => normalizeValue(name, value).trim());
}

/** What tor does with a pattern, relative to its working directory. */
function resolveInclude(pattern: string): IncludedFile[] {
  const cwd = join(folder, 'valid');
  const read = (path: string): IncludedFile => ({ path, text: readFileSync(join(cwd, path), 'utf8') });
  return globSync(pattern, { cwd })
    .sort()
    .flatMap((path) => {
      if (!statSync(join(cwd, path)).isDirectory()) return [read(path)];
      const names = readdirSync(join(cwd, path), { withFileTypes: true });
      const files = names.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
      return files
        .map((entry) => `${path}/${entry.name}`)
        .sort()
        .map(read);
    });
}
