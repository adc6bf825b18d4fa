import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { facts, factsScript } from './script.ts';
import { splitSections } from './section.ts';
import { parseKernel } from './sections/kernel.ts';

const nonce = 'a1'.repeat(16);

/** As a helper does it: the script is the body of a function, the text comes on standard input, the rest stays there. */
const run = (
  args: readonly string[],
  { shell = 'dash', options = '-u', prefix = '' } = {},
): SpawnSyncReturns<Buffer> => {
  const text = `verb_facts() (\n${factsScript}\n)\n${prefix}verb_facts "$@"\necho "then $?" >&2\n`;
  return spawnSync(shell, [options, '-c', 'eval "$(head -c "$1")"', shell, String(Buffer.byteLength(text)), ...args], {
    input: text,
    env: { PATH: process.env.PATH ?? '' },
  });
};

/** The first argument of the shell is the length of the script: the function must not see it. */
const runFacts = (args: readonly string[], options = {}) => run(args, { prefix: 'shift\n', ...options });

describe('the facts script', () => {
  it('gives every section in one frame each, whatever the host has', () => {
    const result = runFacts([nonce]);
    const sections = splitSections(result.stdout, nonce);
    assert.deepEqual(
      [...sections.keys()],
      facts.map((fact) => fact.name),
    );
    assert.match(result.stderr.toString(), /then 0\n$/);
  });

  it('reads this machine the same under set -eu and without', () => {
    for (const options of ['-eu', '-u', '+u']) {
      const kernel = splitSections(runFacts([nonce], { options }).stdout, nonce).get('kernel');
      assert.equal(kernel?.exitCode, 0);
      assert.notEqual(parseKernel(Buffer.from(kernel?.bytes ?? []).toString()).release, '');
    }
  });

  it('refuses to run without a nonce that nobody can guess', () => {
    for (const bad of [[], [''], ['short'], [`${nonce}0`], [`${nonce.slice(1)}G`], [`${nonce.slice(2)}; id`]]) {
      const result = runFacts(bad);
      assert.equal(result.stdout.toString(), '', bad.join());
      assert.match(result.stderr.toString(), /32 hexadecimal digits\nthen 2\n$/);
    }
  });

  it('leaves standard input to the one who calls it', () => {
    const text = `verb_facts() (\n${factsScript}\n)\nshift\nverb_facts "$@" >/dev/null 2>&1\ncat\n`;
    const result = spawnSync('dash', ['-c', 'eval "$(head -c "$1")"', 'dash', String(Buffer.byteLength(text)), nonce], {
      input: `${text}the payload`,
    });
    assert.equal(result.stdout.toString(), 'the payload');
  });

  it('takes names of libraries as they are, never as words of a command', () => {
    const odd = ['/tmp/a b', "/tmp/$(id >&2)'", '/tmp/`id`', '-x', '*'];
    const sections = splitSections(runFacts([nonce, ...odd]).stdout, nonce);
    assert.equal(sections.get('library-candidates')?.exitCode, 0);
    assert.doesNotMatch(runFacts([nonce, ...odd]).stderr.toString(), /uid=/);
  });

  it('is POSIX sh: no word of it is of another shell', () => {
    assert.deepEqual(factsScript.match(/\[\[ |\blocal [a-z]|<<<|\bfunction |&>|\bexit\b/g), null);
    assert.equal(spawnSync('dash', ['-n'], { input: `f() {\n${factsScript}\n}\n` }).stderr.toString(), '');
  });
});
