// What a SOCKS port answers to a request: RFC 1928 §6, and tor's own replies for onion services, which it gives on ports with
// the flag ExtendedErrors (proposal 304). Without the flag all of these are `general-failure` or `host-unreachable`.

const replies = {
  1: ['general-failure', 'general failure'],
  2: ['not-allowed', 'not allowed'],
  3: ['network-unreachable', 'network unreachable'],
  4: ['host-unreachable', 'host unreachable'],
  5: ['connection-refused', 'connection refused'],
  6: ['ttl-expired', 'time to live expired'],
  7: ['command-not-supported', 'command not supported'],
  8: ['address-type-not-supported', 'address type not supported'],
  240: ['onion-descriptor-not-found', 'onion descriptor not found'],
  241: ['onion-descriptor-invalid', 'onion descriptor invalid'],
  242: ['onion-introduction-failed', 'onion introduction failed'],
  243: ['onion-rendezvous-failed', 'onion rendezvous failed'],
  244: ['onion-client-auth-missing', 'onion client authorisation missing'],
  245: ['onion-client-auth-wrong', 'onion client authorisation wrong'],
  246: ['onion-address-bad', 'onion address bad'],
  247: ['onion-introduction-timed-out', 'onion introduction timed out'],
} as const satisfies Record<number, readonly [string, string]>;

export type SocksReply = (typeof replies)[keyof typeof replies][0] | 'unknown';

/**
 * @param code the second byte of the answer; not 0, which is success
 * @example
 * describeReply(0xf2).reply; // 'onion-introduction-failed'
 */
export function describeReply(code: number): { readonly reply: SocksReply; readonly meaning: string } {
  const known = replies[code as keyof typeof replies];
  if (known === undefined) return { reply: 'unknown', meaning: `SOCKS reply ${code}` };
  return { reply: known[0], meaning: known[1] };
}

/** Whether the reply is one of tor's own. */
export function isExtended(reply: SocksReply): boolean {
  return reply.startsWith('onion-');
}
