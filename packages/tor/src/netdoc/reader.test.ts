import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NetdocReader } from './reader.ts';

/** keyword, arguments, line, and object (if any) of every item. */
function items(text: string, label?: string, allowAnnotations = false) {
  const reader = new NetdocReader(text, allowAnnotations);
  const found: [string, string, number, string | null][] = [];
  while (reader.next()) {
    const { keyword, args, line } = reader;
    const object = label === undefined ? null : reader.optionalObject(label);
    found.push([keyword, args, line, object?.base64 ?? null]);
  }
  return found;
}

const object = '-----BEGIN A B-----\nAAAA\nBBBB\n-----END A B-----\n';

describe('netdoc reader', () => {
  test('gives keywords, arguments and lines, and skips blank lines', () => {
    assert.deepEqual(items('one\n\ntwo a  b \nx-3\tc'), [
      ['one', '', 1, null],
      ['two', 'a  b ', 3, null],
      ['x-3', 'c', 4, null],
    ]);
    assert.deepEqual(items(''), []);
    assert.deepEqual(items('\n\n'), []);
  });

  test('gives an object when asked, skips it when not, and counts its lines either way', () => {
    const text = `key\n${object}after 1\n`;
    assert.deepEqual(items(text, 'A B'), [
      ['key', '', 1, 'AAAABBBB'],
      ['after', '1', 6, null],
    ]);
    assert.deepEqual(items(text), [
      ['key', '', 1, null],
      ['after', '1', 6, null],
    ]);
    assert.deepEqual(items('key\n-----BEGIN E-----\n-----END E-----\nafter', 'E'), [
      ['key', '', 1, ''],
      ['after', '', 4, null],
    ]);
  });

  test('takes annotations only where they may stand', () => {
    assert.deepEqual(items('@source "here"\nkey\n', undefined, true), [
      ['@source', '"here"', 1, null],
      ['key', '', 2, null],
    ]);
    assert.throws(() => items('@source "here"\nkey\n'), { code: 'netdoc-bad-line', line: 1 });
  });

  test('says where a document breaks the form', () => {
    const cases: [text: string, code: string, line: number][] = [
      ['a\n b\n', 'netdoc-bad-line', 2],
      ['a\nb/c d\n', 'netdoc-bad-line', 2],
      ['a\n-b\n', 'netdoc-bad-object', 2],
      ['-----BEGIN X-----\n-----END X-----\n', 'netdoc-bad-line', 1],
      ['a\n-----BEGIN X-----\nAAAA\n-----END Y-----\nb', 'netdoc-bad-object', 2],
      ['a\n-----BEGIN X-----\nAAAA\n', 'netdoc-bad-object', 2],
      ['a\n-----BEGIN X-----\nAA A\n-----END X-----\n', 'netdoc-bad-object', 2],
      ['a\n-----BEGIN X-----\n-----END X-----junk\n', 'netdoc-bad-object', 2],
      ['a\nb\r\n', 'netdoc-bad-character', 2],
      ['a\nb \0\n', 'netdoc-bad-character', 2],
    ];
    for (const [text, code, line] of cases) assert.throws(() => items(text), { code, line }, JSON.stringify(text));
  });

  test('an object of another kind is refused', () => {
    assert.throws(() => items(`key\n${object}`, 'OTHER'), { code: 'netdoc-bad-object', line: 1 });
    const reader = new NetdocReader('key\nnext\n');
    reader.next();
    assert.throws(() => reader.object('A B'), { code: 'netdoc-bad-object', line: 1 });
  });

  test('gives the bytes of an object in its one spelling, and refuses every other, however its lines are broken', () => {
    const junk = fc.constantFrom('-', '_', '=', ' ', '*', '\n', 'A', 'B', 'é');
    const change = fc.record({ at: fc.nat(), replaced: fc.nat(1), by: fc.oneof(fc.constant(''), junk) });
    const document = (body: string): string => `k\n-----BEGIN X-----\n${body}\n-----END X-----\nl\n`;
    const readBytes = (text: string): Uint8Array | string => {
      const reader = new NetdocReader(text);
      reader.next();
      try {
        const bytes = reader.objectBytes('X');
        reader.next();
        assert.equal(reader.line, text.split('\n').length - 1);
        return bytes;
      } catch (error) {
        return String(error);
      }
    };
    let refused = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.option(change), (bytes, changed) => {
        const whole = Buffer.from(bytes)
          .toString('base64')
          .replace(/.{64}(?!$)/g, '$&\n');
        const at = changed === null ? 0 : changed.at % whole.length;
        const body = changed === null ? whole : whole.slice(0, at) + changed.by + whole.slice(at + changed.replaced);
        const flat = body.replaceAll('\n', '');
        const decoded = new Uint8Array(Buffer.from(flat, 'base64'));
        const canonical = Buffer.from(decoded).toString('base64');
        const isRight = flat === canonical || flat === canonical.replace(/=+$/, '');
        const found = readBytes(document(body));
        if (isRight && !body.includes('-')) assert.deepEqual(found, decoded);
        else {
          refused += 1;
          assert.equal(typeof found, 'string', body);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
    assert.ok(refused > 200);
  });

  test('reads back any document built from items', () => {
    const item = fc.record(
      {
        keyword: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,8}$/),
        args: fc.stringMatching(/^([!-~][ -~]{0,12})?$/),
        base64: fc.option(fc.base64String({ maxLength: 200 })),
        blanks: fc.nat(2),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (wanted) => {
        let text = '';
        const expected: ReturnType<typeof items> = [];
        for (const { keyword, args, base64, blanks } of wanted) {
          text += '\n'.repeat(blanks);
          expected.push([keyword, args, text.split('\n').length, base64]);
          text += `${keyword}${args === '' ? '' : ` ${args}`}\n`;
          const body = base64?.replace(/.{64}(?!$)/g, '$&\n') ?? '';
          if (base64 !== null) text += `-----BEGIN X-----\n${body}${body === '' ? '' : '\n'}-----END X-----\n`;
        }
        assert.deepEqual(items(text, 'X'), expected);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
