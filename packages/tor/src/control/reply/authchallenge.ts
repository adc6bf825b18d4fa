// AUTHCHALLENGE: the server's half of SAFECOOKIE. control-spec §3.24.
import { parseArguments } from '../arguments.ts';
import type { Message } from '../message.ts';
import { protocolError } from '../problem.ts';

export interface AuthChallenge {
  /** 32 bytes: HMAC-SHA256 by which tor proves that it knows the cookie. */
  readonly serverHash: Uint8Array;
  /** 32 bytes. */
  readonly serverNonce: Uint8Array;
}

// 250 AUTHCHALLENGE SERVERHASH=19A753C3…3291A4 SERVERNONCE=945F6151…C42F
/** @throws TorError kind `protocol` */
export function parseAuthChallenge(reply: Message): AuthChallenge {
  const { positional, keywords } = parseArguments(reply.lines[0].text, 1);
  if (positional[0] !== 'AUTHCHALLENGE') {
    throw protocolError('control-bad-reply', 'tor answered AUTHCHALLENGE with something else');
  }
  return {
    serverHash: bytes32(keywords.get('SERVERHASH'), 'SERVERHASH'),
    serverNonce: bytes32(keywords.get('SERVERNONCE'), 'SERVERNONCE'),
  };
}

function bytes32(hex: string | undefined, what: string): Uint8Array {
  if (hex === undefined || !/^[0-9A-Fa-f]{64}$/.test(hex)) {
    throw protocolError('control-bad-reply', `${what} in the answer to AUTHCHALLENGE is not 64 hexadecimal digits`);
  }
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
