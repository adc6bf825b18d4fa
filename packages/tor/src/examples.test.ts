// Runs every @example of this package: its statements must run, and `EXPRESSION; // VALUE` must hold.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ScriptedPeer } from './control/testing/scripted-peer.ts';

const root = new URL('.', import.meta.url);
const files = globSync('**/*.ts', { cwd: root.pathname })
  .filter((file) => !/\.test\.ts$|(^|\/)testing\//.test(file))
  .sort();

const modules = new Map<string, Record<string, unknown>>();
for (const file of files) modules.set(file, await import(new URL(file, root).href));

/** What examples may use besides what the package exports. */
function surroundings(): Record<string, unknown> {
  const tor = new ScriptedPeer((command) => {
    if (command.startsWith('PROTOCOLINFO')) return '250-PROTOCOLINFO 1\n250-AUTH METHODS=NULL\n250 OK';
    if (command === 'GETINFO version uptime') return '250-version=0.4.9.11\n250-uptime=60\n250 OK';
    return command === 'SETEVENTS CIRC STREAM' ? '250 OK\n650 CIRC 7 BUILT relay1,relay2' : '250 OK';
  });
  return { assert, readFile, stream: tor.stream };
}

const examplesOf = (text: string): string[] =>
  [...text.matchAll(/@example\s*\n((?:\s*\*(?!\/)(?!\s*@).*\n)+)/g)].map((match) =>
    (match[1] ?? '').replace(/^\s*\* ?(```\w*$)?/gm, ''),
  );

/** `EXPRESSION; // VALUE` becomes an assertion. */
const checked = (code: string): string =>
  code.replace(
    /^(?!\s*\/\/)(?!const |let )(.+?); \/\/ (.+)$/gm,
    (_, expression, value) => `assert.deepEqual(${expression}, ${value});`,
  );

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;

let count = 0;
for (const file of files) {
  for (const code of examplesOf(readFileSync(new URL(file, root), 'utf8'))) {
    count++;
    test(`the example in ${file} holds: ${code.split('\n')[0]}`, async () => {
      const others = Object.assign({}, ...modules.values());
      const names = { ...others, ...surroundings(), ...modules.get(file) };
      await new AsyncFunction(...Object.keys(names), checked(code))(...Object.values(names));
    });
  }
}

test('there are examples', () => assert.ok(count > 5));
