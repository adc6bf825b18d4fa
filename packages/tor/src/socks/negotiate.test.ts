import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { socksFuzz } from '../../fuzz/socks.ts';
import { encodeConnect, encodeLogin, negotiate } from './negotiate.ts';
import { SocksRefusal } from './problem.ts';
import { describeReply } from './reply.ts';

const target = { host: 'example.onion', port: 80, username: 'r1' };
const granted = [5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/** Lets the server say these bytes. @returns what was sent, and how many of the bytes were taken */
const talkTo = (answers: Uint8Array, to = target): { sent: Uint8Array[]; takenBytes: number; isOpen: boolean } => {
  const sent: Uint8Array[] = [];
  let takenBytes = 0;
  const talk = negotiate(to);
  let step = talk.next();
  while (!step.done) {
    if (step.value.send.length > 0) sent.push(step.value.send);
    const bytes = answers.subarray(takenBytes, takenBytes + step.value.takeBytes);
    if (bytes.length < step.value.takeBytes) break;
    takenBytes += bytes.length;
    step = talk.next(bytes);
  }
  return { sent, takenBytes, isOpen: step.done === true };
};

suite('SOCKS 5, the client', () => {
  test('says who it is and where it wants to go', () => {
    const { sent, isOpen } = talkTo(Uint8Array.from(granted));
    assert.deepEqual(sent, [Uint8Array.of(5, 1, 2), encodeLogin('r1'), encodeConnect(target)]);
    assert.deepEqual(encodeLogin('r1'), Uint8Array.of(1, 2, 114, 49, 1, 48));
    assert.deepEqual(encodeConnect({ host: 'ab', port: 8080 }), Uint8Array.of(5, 1, 0, 3, 2, 97, 98, 31, 144));
    assert.equal(isOpen, true);
  });

  test('takes exactly the answer, whatever kind of address is in it', () => {
    const head = [5, 2, 1, 0, 5, 0, 0];
    const addresses = [
      [1, 127, 0, 0, 1],
      [3, 3, 97, 98, 99],
      [3, 0],
      [4, ...new Uint8Array(16)],
    ];
    for (const address of addresses) {
      const answer = Uint8Array.of(...head, ...address, 0, 80);
      const { takenBytes, isOpen } = talkTo(Uint8Array.of(...answer, 104, 105));
      assert.deepEqual([takenBytes, isOpen], [answer.length, true], `address type ${address[0]}`);
    }
  });

  const refusals: [string, number[], string, RegExp][] = [
    ['a method that was not offered', [5, 0], 'socks-bad-answer', /chose the method 0/],
    ['no method', [5, 255], 'socks-bad-answer', /chose the method 255/],
    ['something that is no SOCKS', [72, 84], 'socks-bad-answer', /of version 72/],
    ['a refused login', [5, 2, 1, 1], 'socks-bad-answer', /refused the user name/],
    ['an address type of nowhere', [5, 2, 1, 0, 5, 0, 0, 9, 0], 'socks-bad-answer', /address type 9/],
    ['an answer of version 4', [5, 2, 1, 0, 4, 0, 0, 1, 0], 'socks-bad-answer', /version 4/],
  ];
  for (const [name, answers, code, message] of refusals) {
    test(`refuses ${name}`, () => {
      assert.throws(() => talkTo(Uint8Array.from(answers)), { code, message });
    });
  }

  test("tells tor's own replies for onion services apart, and those of RFC 1928", () => {
    for (const [code, reply] of [
      [0xf0, 'onion-descriptor-not-found'],
      [0xf2, 'onion-introduction-failed'],
      [0xf4, 'onion-client-auth-missing'],
      [0xf7, 'onion-introduction-timed-out'],
      [1, 'general-failure'],
      [99, 'unknown'],
    ] as const) {
      const answers = Uint8Array.of(...granted.slice(0, 5), code, ...granted.slice(6));
      assert.throws(
        () => talkTo(answers),
        (error) => error instanceof SocksRefusal && error.reply === reply,
      );
    }
    assert.match(describeReply(99).meaning, /99/);
  });

  test('what does not fit is refused before anything is said', () => {
    for (const wrong of [{ host: '' }, { host: 'a'.repeat(256) }, { username: '' }, { port: 0 }, { port: 65_536 }]) {
      assert.throws(() => negotiate({ ...target, ...wrong }).next(), { code: 'socks-bad-argument' });
    }
  });

  test('every target that fits can be read back from what is sent', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((one) => Buffer.byteLength(one) < 256);
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 65_535 }), (host, username, port) => {
        const login = Buffer.from(encodeLogin(username));
        assert.equal(login.subarray(2, 2 + (login[1] ?? 0)).toString(), username);
        const request = Buffer.from(encodeConnect({ host, port }));
        assert.equal(request.subarray(5, 5 + (request[4] ?? 0)).toString(), host);
        assert.equal(request.readUInt16BE(request.length - 2), port);
      }),
      { seed: 1 },
    );
  });

  test('whatever a server says opens the stream, is waited for or is a TorError', () => {
    const { accepted, refused } = fuzz({ ...socksFuzz, iterations: 3000, seed: 1 });
    assert.ok(accepted > 0 && refused > 0);
  });
});
