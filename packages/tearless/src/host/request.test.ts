import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HostError } from './host-error.ts';
import { checkArguments, encodeHelperRequest, encodeProgram, encodeScript, encodeScriptRequest } from './request.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('a helper’s request states its version, sizes in bytes, then verb, arguments and payload', () => {
  assert.equal(
    text(
      encodeHelperRequest({ version: 'abc', verb: 'write', args: ['/etc/tor/torrc', '644'], input: 'Nickname ü\n' }),
    ),
    'tearless abc 12 3\nwrite\n/etc/tor/torrc\n644\nNickname ü\n',
  );
});

test('one that others follow names what ends its answer', () => {
  assert.equal(
    text(encodeHelperRequest({ version: 'abc', verb: 'hello', args: [], input: '', nonce: 'f0' })),
    'tearless abc 0 1 f0\nhello\n',
  );
  assert.equal(text(encodeScriptRequest('f0', 'echo ü', ['a b'], '雪')), 'f0 7 3 1\necho üa b\n雪');
});

test('a program stands behind its length in bytes', () => {
  assert.equal(encodeProgram('# ü\n'), '5\n# ü\n');
});

test('arguments stand one a line after their count, whatever they hold', () => {
  const argument = fc.string({ unit: 'grapheme' }).filter((value) => !/[\0\n]/.test(value));
  fc.assert(
    fc.property(fc.array(argument), fc.uint8Array(), (args, input) => {
      const encoded = Buffer.from(encodeScript('true', args, input));
      const programBytes = Number(encoded.subarray(0, encoded.indexOf('\n')).toString());
      const rest = encoded.subarray(encoded.indexOf('\n') + 1 + programBytes);
      const head = `${args.length}\n${args.map((value) => `${value}\n`).join('')}`;
      assert.equal(rest.subarray(0, Buffer.byteLength(head)).toString(), head);
      assert.deepEqual(rest.subarray(Buffer.byteLength(head)), Buffer.from(input));
    }),
    { seed: 12 },
  );
});

test('an argument with a newline, a NUL or half a character is refused before anything is sent', () => {
  for (const value of ['a\nb', 'a\0b', '\ud800'])
    assert.throws(
      () => checkArguments('h', ['fine', value]),
      (error) =>
        error instanceof HostError && error.code === 'host-argument-bad' && error.message.includes('argument 2'),
    );
  checkArguments('h', ['', ' ', '-n', '*', '$(id)', '"', "'", '\\', '\t', 'ü']);
});
