// Runs a parser over a folder of documents that must be refused, each with its code and line as recorded beside them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TorError } from '../../error.ts';

const testdata = new URL('../../../testdata/netdoc/', import.meta.url);

/** A document of the test data as text. */
export function readTestdata(path: string): string {
  return readFileSync(new URL(path, testdata), 'utf8');
}

/** Declares one test for each file of `testdata/netdoc/KIND/unparseable/`. */
export function testRefused(kind: string, parse: (text: string) => unknown): void {
  const folder = `${kind}/unparseable/`;
  const expected: Record<string, { code: string; line: number }> = JSON.parse(readTestdata(`${folder}expected.json`));
  test('every file that must be refused has its error recorded', () => {
    const files = readdirSync(new URL(folder, testdata)).filter((name) => name !== 'expected.json');
    assert.deepEqual(files.toSorted(), Object.keys(expected).toSorted());
    assert.ok(files.length > 0);
  });
  for (const [name, { code, line }] of Object.entries(expected)) {
    test(`${name} is refused with ${code} at line ${line}`, () => {
      assert.throws(
        () => parse(readTestdata(folder + name)),
        (error) => {
          assert.ok(error instanceof TorError);
          assert.deepEqual([error.code, error.line, error.place], [code, line, 'network']);
          assert.ok(error.message.startsWith(`line ${line}: `), error.message);
          return true;
        },
      );
    });
  }
}
