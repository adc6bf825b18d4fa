// GETINFO: the values as text. control-spec §3.9. What single keys mean is in info.ts.
import { dataText, type Message, type ReplyLine } from '../message.ts';
import { protocolError, shown } from '../problem.ts';

// 250-version=0.4.9.11
// 250+circuit-status=
// 1 BUILT …
// .
// 250 OK
/**
 * @returns a value for each key asked for; one of several lines has a line end after each, one of a single line has none
 * @throws TorError kind `protocol` when a key was not answered
 */
export function parseGetInfo<K extends string>(reply: Message, keys: readonly K[]): Record<K, string> {
  const values = Object.create(null) as Record<K, string>;
  for (const key of keys) {
    const line = lineOf(reply, key);
    values[key] = line.data === undefined ? line.text.slice(key.length + 1) : dataText(line.data);
  }
  return values;
}

/** As parseGetInfo, for one key whose bytes count (documents that are hashed). */
export function parseGetInfoBytes(reply: Message, key: string): Uint8Array {
  const line = lineOf(reply, key);
  return line.data ?? new Uint8Array(Buffer.from(line.text.slice(key.length + 1)));
}

function lineOf(reply: Message, key: string): ReplyLine {
  // By prefix, not by splitting at the first "=": keys such as ns/id/$FP=nick have one themselves.
  const line = reply.lines.find(({ text }) => text.startsWith(`${key}=`));
  if (line === undefined)
    throw protocolError('control-bad-reply', `tor answered GETINFO without a value for ${shown(key)}`);
  return line;
}

/** The lines of a value, single or several; without the empty one at the end. */
export function infoLines(value: string): string[] {
  return value.split('\n').filter((line) => line !== '');
}
