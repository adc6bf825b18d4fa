// GETCONF. control-spec §3.3.
import { codeOf, type Message } from '../message.ts';
import { protocolError } from '../problem.ts';
import { readCString } from '../quoted.ts';

/** An option as tor has it. No value: it is at its default, and that is not an empty string. */
export interface ConfLine {
  readonly key: string;
  readonly value: string | undefined;
}

// 250-SocksPort=127.0.0.1:9050
// 250-ContactInfo="a \"b\" \303\274"
// 250 ExitPolicy
/** @throws TorError `control-bad-string` */
export function parseGetConf(reply: Message): ConfLine[] {
  const { lines } = reply;
  // Without keys tor answers just OK; an option is never called that.
  if (codeOf(reply) === 250 && lines.length === 1 && lines[0].text === 'OK') return [];
  return lines.map((line) => parseConfLine(line.text));
}

/**
 * Tor quotes a value when it has characters that would not stand in a torrc: then it starts with a quote. Otherwise it is raw.
 * @throws TorError `control-bad-string`
 */
export function parseConfLine(text: string): ConfLine {
  const at = text.indexOf('=');
  if (at === -1) return { key: text, value: undefined };
  const raw = text.slice(at + 1);
  if (!raw.startsWith('"')) return { key: text.slice(0, at), value: raw };
  const { value, end } = readCString(raw, 0);
  if (end !== raw.length) throw protocolError('control-bad-string', 'a value from tor goes on after its closing quote');
  return { key: text.slice(0, at), value };
}
