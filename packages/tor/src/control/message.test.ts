import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import {
  codeOf,
  dataText,
  encodeData,
  encodeMessage,
  type Message,
  MessageDecoder,
  type MessageLimits,
} from './message.ts';
import { decodeMessages, readTestdata } from './testing/golden.ts';

/** All that came out, and how it ended. */
function decode(
  chunks: readonly Uint8Array[],
  limits?: MessageLimits,
): { messages: Message[]; error: string | undefined } {
  const messages: Message[] = [];
  const decoder = new MessageDecoder(limits);
  try {
    for (const chunk of chunks) decoder.push(chunk, (message) => messages.push(message));
    return { messages, error: undefined };
  } catch (error) {
    assert.ok(error instanceof TorError);
    return { messages, error: error.code };
  }
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ''));
const data = fc
  .array(fc.stringMatching(/^[a-z.]{0,6}$/), { maxLength: 5 })
  .map((lines) => new Uint8Array(Buffer.from(lines.map((line) => `${line}\n`).join(''))));
const message = fc.constantFrom(250, 650, 552).chain((code) =>
  fc
    .tuple(fc.array(fc.oneof(fc.record({ text }), fc.record({ text, data })), { maxLength: 4 }), text)
    .map(([mid, end]) => {
      const [head, ...rest] = [...mid.map((line) => ({ code, ...line })), { code, text: end }];
      assert.ok(head);
      return { lines: [head, ...rest], async: code === 650 } satisfies Message;
    }),
);

test('what is encoded is decoded to the same, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 10 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(encodeMessage));
      const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, i) => new Uint8Array(bytes.subarray(at[i], end)));
      assert.deepEqual(decode(chunks), { messages, error: undefined });
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('any bytes, cut anywhere, give the same messages and the same error', () => {
  const wire = fc.array(
    fc.constantFrom(
      '250 OK',
      '250-a=b',
      '250+a=',
      '.',
      '..x',
      '650 BW 1 2',
      '650-X',
      'x',
      '25',
      '250',
      '\r\n',
      '\n',
      '\r',
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(wire, (parts) => {
      const whole = Buffer.from(parts.join(''));
      const expected = decode([whole]);
      assert.deepEqual(decode([...whole].map((byte) => Uint8Array.of(byte))), expected);
      assert.deepEqual(decode(parts.map((part) => Buffer.from(part))), expected);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('a recording gives the same messages whether it comes whole or byte by byte', () => {
  const wire = readTestdata('recorded/events.txt');
  const messages = decodeMessages(wire);
  assert.ok(messages.length > 100);
  assert.deepEqual(decode(Array.from(wire, (byte) => Uint8Array.of(byte))).messages, messages);
});

test('data has its dots unstuffed and LF line ends, and lines that look like replies stay data', () => {
  const { messages } = decode([Buffer.from('250+key=\r\n..\r\n...a\r\n250 OK\r\n\r\n.\r\n250 OK\r\n')]);
  const line = messages[0]?.lines[0];
  assert.equal(line?.text, 'key=');
  assert.equal(dataText(line?.data ?? new Uint8Array()), '.\n..a\n250 OK\n\n');
  assert.equal(messages.length, 1);
});

test('events are told from replies, and come in between', () => {
  const { messages } = decode([
    Buffer.from('650 CIRC 1000 EXTENDED moria1,moria2\r\n250-SOCKSPORT=9050\r\n250 ORPORT=0\r\n'),
  ]);
  assert.deepEqual(
    messages.map(({ async, lines }) => [async, lines.length]),
    [
      [true, 1],
      [false, 2],
    ],
  );
});

test('lines of one reply may have codes of their own; the last one counts', () => {
  const { messages } = decode([Buffer.from('512-syntax error\r\n250 a=b\r\n')]);
  assert.deepEqual(
    messages[0]?.lines.map((line) => line.code),
    [512, 250],
  );
  assert.equal(messages[0] && codeOf(messages[0]), 250);
});

test('data of megabytes comes back byte by byte, however long its lines are', () => {
  const lengths = [0, 1, 1022, 1023, 1024, 0, 65_534, 65_535, 65_536, 0, 200_000, 3];
  const expected = lengths.flatMap((length, index) => [...new Array(length).fill(0x61 + index), 0x0a]);
  const wire = [Buffer.from('250+x=\r\n'), Buffer.from(expected), Buffer.from('.\r\n250 OK\r\n')];
  const { messages } = decode([Buffer.concat(wire)]);
  assert.deepEqual(messages[0]?.lines[0].data, Uint8Array.from(expected));
});

test('bytes that are not UTF-8 spoil no more than themselves, and not the data', () => {
  const { messages } = decode([Buffer.from('250+a=\xff\r\n\xfe\r\n.\r\n250 OK\r\n', 'latin1')]);
  assert.equal(messages[0]?.lines[0].text, 'a=\ufffd');
  assert.deepEqual(messages[0]?.lines[0].data, Uint8Array.of(0xfe, 0x0a));
});

const unparseable = new URL('../../testdata/control/unparseable/messages/', import.meta.url);
for (const name of readdirSync(unparseable)) {
  test(`a connection does not go on after ${name}`, () => {
    const { error } = decode([readTestdata(`unparseable/messages/${name}`)]);
    assert.match(error ?? '', /^control-(bad-line|mixed-message)$/);
  });
}

test('messages before a broken one are delivered', () => {
  const { messages, error } = decode([Buffer.from('250 OK\r\nnonsense\r\n250 OK\r\n')]);
  assert.equal(messages.length, 1);
  assert.equal(error, 'control-bad-line');
});

test('a message over the limit is refused, also one of empty lines only', () => {
  const limits = { maxMessageBytes: 100 };
  const endless = (line: string) => [
    Buffer.from(`250+a=\r\n${line}\r\n`.padEnd(8)),
    ...Array(200).fill(Buffer.from(`${line}\r\n`)),
  ];
  assert.equal(decode(endless('abc'), limits).error, 'control-message-too-long');
  assert.equal(decode(endless(''), limits).error, 'control-message-too-long');
  assert.equal(
    decode(Array(200).fill(Buffer.from('250 OK\r\n')), limits).error,
    undefined,
    'the limit is of one message',
  );
  assert.equal(decode([Buffer.from(`250 ${'a'.repeat(90)}`)], { maxLineBytes: 80 }).error, 'control-line-too-long');
});

test('midMessage tells whether the bytes end inside a message', () => {
  for (const [wire, mid] of [
    ['', false],
    ['250 OK\r\n', false],
    ['2', true],
    ['250-a\r\n', true],
    ['250+a\r\n', true],
    ['250+a\r\n.\r\n', true],
  ] as const) {
    const decoder = new MessageDecoder();
    decoder.push(Buffer.from(wire), () => {});
    assert.equal(decoder.midMessage, mid, JSON.stringify(wire));
  }
});

test('encodeData ends every line with CRLF and doubles leading dots', () => {
  const encoded = (text: string) => Buffer.from(encodeData(Buffer.from(text))).toString();
  assert.equal(encoded(''), '.\r\n');
  assert.equal(encoded('a'), 'a\r\n.\r\n');
  assert.equal(encoded('a\r\n.b\n\n.'), 'a\r\n..b\r\n\r\n..\r\n.\r\n');
});

test('a message that could not be read back is not encoded', () => {
  for (const lines of [
    [{ code: 99, text: '' }],
    [{ code: 1000, text: '' }],
    [{ code: 250, text: 'a\r\n250 b' }],
    [{ code: 250, text: '', data: new Uint8Array() }],
  ] as const) {
    assert.throws(() => encodeMessage({ lines: [...lines] as [(typeof lines)[0]] }), TorError);
  }
});
