// The middle layer, which whoever knows the address can read: client authorization and the inner layer, encrypted.
// rend-spec-v3 §2.5.1.2; `caa-critical` is from proposal 343. Parsing only.
import { NetdocReader } from '../netdoc/reader.ts';
import { decodeBase64 } from './base64.ts';
import { hsdescError } from './problem.ts';
import { nextKeyword } from './reading.ts';

/** One client's way to the descriptor cookie, or a decoy that cannot be told from one. */
export interface AuthClient {
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** 16 bytes. */
  readonly encryptedCookie: Uint8Array;
}

export interface MiddleLayer {
  /** X25519, 32 bytes; a random one in services without client authorization. */
  readonly ephemeralKey: Uint8Array;
  readonly authClients: readonly AuthClient[];
  /** There are CAA records inside, for authorities that cannot read them. */
  readonly isCaaCritical: boolean;
  /** Items that are not known here, as they stood, without the newline at the end. */
  readonly unknown: readonly string[];
  /** The inner layer. */
  readonly encrypted: Uint8Array;
}

/**
 * @param text without padding; C tor ends it without a newline
 * @throws TorError with the line: `hsdesc-missing`, `hsdesc-repeated`, `hsdesc-unsupported`, `hsdesc-bad-value`, `netdoc-…`
 */
export function parseMiddle(text: string): MiddleLayer {
  const reader = new NetdocReader(text);
  if (nextKeyword(reader) !== 'desc-auth-type') {
    throw hsdescError('missing', 'it does not begin with desc-auth-type', Math.max(1, reader.line));
  }
  if (reader.args.split(' ', 1)[0] !== 'x25519') {
    throw hsdescError('unsupported', `desc-auth-type ${JSON.stringify(reader.args.slice(0, 60))} is not x25519`, 1);
  }
  let ephemeralKey: Uint8Array | undefined;
  let encrypted: Uint8Array | undefined;
  let isCaaCritical = false;
  const authClients: AuthClient[] = [];
  const unknown: string[] = [];
  for (let more = reader.next(); more; ) {
    const { keyword, line, start } = reader;
    const refuseSecond = (before: unknown) => {
      if (before !== undefined) throw hsdescError('repeated', `a second ${keyword} line`, line);
    };
    switch (keyword) {
      case 'desc-auth-type':
        throw hsdescError('repeated', 'a second desc-auth-type line', line);
      case 'desc-auth-ephemeral-key':
        refuseSecond(ephemeralKey);
        ephemeralKey = decodeBase64(reader.args.split(' ', 1)[0], 32, line);
        break;
      case 'auth-client': {
        const [id, iv, cookie] = reader.args.split(' ');
        authClients.push({
          id: decodeBase64(id, 8, line),
          iv: decodeBase64(iv, 16, line),
          encryptedCookie: decodeBase64(cookie, 16, line),
        });
        break;
      }
      case 'caa-critical':
        refuseSecond(isCaaCritical || undefined);
        isCaaCritical = true;
        break;
      case 'encrypted':
        refuseSecond(encrypted);
        encrypted = reader.objectBytes('MESSAGE');
        break;
    }
    more = reader.next();
    if (!knownKeywords.has(keyword)) unknown.push(text.slice(start, reader.start).replace(/\n+$/, ''));
  }
  const { line } = reader;
  if (ephemeralKey === undefined) throw hsdescError('missing', 'no desc-auth-ephemeral-key line', line);
  if (authClients.length === 0) throw hsdescError('missing', 'no auth-client line', line);
  if (encrypted === undefined) throw hsdescError('missing', 'no encrypted line', line);
  return { ephemeralKey, authClients, isCaaCritical, unknown, encrypted };
}

const knownKeywords = new Set([
  'desc-auth-type',
  'desc-auth-ephemeral-key',
  'auth-client',
  'caa-critical',
  'encrypted',
]);
