// Fuzzes everything that reads what a control port sends: framing, messages, events, replies.
// node packages/tor/fuzz/control-message.ts [--seconds N] [--seed N] [--iterations N]
import { isDeepStrictEqual } from 'node:util';
import { parseEvent } from '../src/control/event/event.ts';
import { type Message, MessageDecoder } from '../src/control/message.ts';
import { parseAddOnion } from '../src/control/reply/add-onion.ts';
import { parseAuthChallenge } from '../src/control/reply/authchallenge.ts';
import { parseExtendCircuit } from '../src/control/reply/extendcircuit.ts';
import { parseGetConf } from '../src/control/reply/getconf.ts';
import { parseGetInfo } from '../src/control/reply/getinfo.ts';
import { infoParsers } from '../src/control/reply/info.ts';
import { parseMapAddress } from '../src/control/reply/mapaddress.ts';
import { parseProtocolInfo } from '../src/control/reply/protocolinfo.ts';
import { requireOk } from '../src/control/reply/status.ts';
import { TorError } from '../src/error.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const testdata = new URL('../testdata/control/', import.meta.url);

/** Single messages, so that mutations find their way into all parts; the files whole, for long connections. */
function corpus(): Uint8Array[] {
  const files = ['recorded/', 'specification/', 'unparseable/', 'unparseable/messages/'].flatMap((folder) =>
    readCorpus(new URL(folder, testdata).pathname, '.txt'),
  );
  const single = files.flatMap((bytes) =>
    Buffer.from(bytes)
      .toString('latin1')
      .split(/(?<=^\d{3} [^\n]*\n)/m)
      .map((text) => new Uint8Array(Buffer.from(text, 'latin1'))),
  );
  return [...single, ...files].filter((bytes) => bytes.length > 0);
}

const command = { keyword: 'FUZZ', args: [], secrets: ['OK'] };

const replyParsers: readonly ((reply: Message) => unknown)[] = [
  parseAddOnion,
  parseAuthChallenge,
  parseExtendCircuit,
  parseGetConf,
  parseMapAddress,
  parseProtocolInfo,
  (reply) => requireOk(reply, command),
  ...Object.entries(infoParsers).map(
    ([key, parse]) =>
      (reply: Message) =>
        parse(parseGetInfo(reply, [key])[key] ?? ''),
  ),
  // Values without their keys, so that a mutation in one key reaches all value parsers.
  ...Object.values(infoParsers).map((parse) => (reply: Message) => parse(reply.lines[0].text)),
];

function decode(chunks: readonly Uint8Array[]): { messages: Message[]; error: TorError | undefined } {
  const messages: Message[] = [];
  const decoder = new MessageDecoder({ maxLineBytes: 16_384, maxMessageBytes: 32_768 });
  try {
    for (const chunk of chunks) decoder.push(chunk, (message) => messages.push(message));
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    return { messages, error };
  }
  return { messages, error: undefined };
}

/** @throws TorError when anything in the bytes is refused; any other throw is a finding */
function target(bytes: Uint8Array): void {
  const whole = decode([bytes]);
  const middle = bytes.length >> 1;
  const halves = decode([bytes.subarray(0, middle), bytes.subarray(middle)]);
  if (!isDeepStrictEqual(whole.messages, halves.messages) || whole.error?.code !== halves.error?.code) {
    throw new Error('the same bytes in two chunks give other messages');
  }
  let refused = whole.error;
  for (const message of whole.messages) {
    for (const parse of message.async ? [parseEvent] : replyParsers) {
      try {
        parse(message);
      } catch (error) {
        if (!(error instanceof TorError)) throw error;
        refused ??= error;
      }
    }
  }
  if (refused !== undefined) throw refused;
}

/** For the unit test, which runs a fixed number of inputs. */
export const controlMessageFuzz: FuzzOptions = { name: 'control-message', corpus: corpus(), target };

if (import.meta.main) fuzzMain(controlMessageFuzz);
