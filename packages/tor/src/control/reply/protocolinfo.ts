// PROTOCOLINFO: which tor, and how it wants to be convinced. control-spec §3.21.
import { parseArguments } from '../arguments.ts';
import type { Message } from '../message.ts';
import { protocolError } from '../problem.ts';
import { splitList } from '../value.ts';

export type AuthMethod = 'NULL' | 'HASHEDPASSWORD' | 'COOKIE' | 'SAFECOOKIE';

export interface ProtocolInfo {
  /** Of the protocol; 1. */
  readonly version: string;
  /** As tor names them; ones we do not know included. */
  readonly authMethods: readonly (AuthMethod | (string & {}))[];
  /** Absolute, as seen by tor. When there are several, all hold the same cookie. */
  readonly cookieFiles: readonly string[];
  /** `0.4.9.11`. */
  readonly torVersion: string | undefined;
}

// 250-PROTOCOLINFO 1
// 250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/run/tor/control.authcookie"
// 250-VERSION Tor="0.4.9.11"
// 250 OK
/** @throws TorError kind `protocol` */
export function parseProtocolInfo(reply: Message): ProtocolInfo {
  const [first] = reply.lines;
  const version = /^PROTOCOLINFO (\d+)/.exec(first.text)?.[1];
  if (version === undefined) throw protocolError('control-bad-reply', 'tor answered PROTOCOLINFO with something else');
  let authMethods: string[] = [];
  const cookieFiles: string[] = [];
  let torVersion: string | undefined;
  for (const { text } of reply.lines.slice(1)) {
    // Lines come in any order; those with other keywords are for others (§3.21).
    if (text.startsWith('AUTH ')) {
      authMethods = splitList(parseArguments(text, 1).keywords.get('METHODS'));
      cookieFiles.push(...cookieFilesOf(text));
    } else if (text.startsWith('VERSION ')) {
      torVersion = parseArguments(text, 1).keywords.get('Tor');
    }
  }
  return { version, authMethods, cookieFiles, torVersion };
}

/** COOKIEFILE is the one keyword that may come several times on a line. */
function cookieFilesOf(text: string): string[] {
  const files: string[] = [];
  for (let rest = text; ; ) {
    const at = rest.indexOf(' COOKIEFILE=');
    if (at === -1) return files;
    rest = rest.slice(at + 1);
    const file = parseArguments(rest).keywords.get('COOKIEFILE');
    if (file !== undefined) files.push(file);
  }
}
