// Builds the middle layer, its lines in C tor's order, padded. rend-spec-v3 §2.5.1.2. The parser is ../middle.ts.
import { encodeBase64, renderObject } from '../base64.ts';
import type { MiddleLayer } from '../middle.ts';

/** Plaintexts are filled up to a multiple of this, so that their length tells little. */
const paddingMultiple = 10_000;

/** @returns ends without a newline, as C tor's does */
export function renderMiddle(middle: MiddleLayer): string {
  const { ephemeralKey, authClients, isCaaCritical, unknown, encrypted } = middle;
  const bare = (bytes: Uint8Array) => encodeBase64(bytes, false);
  return [
    'desc-auth-type x25519',
    `desc-auth-ephemeral-key ${encodeBase64(ephemeralKey)}`,
    ...authClients.map(({ id, iv, encryptedCookie }) => `auth-client ${bare(id)} ${bare(iv)} ${bare(encryptedCookie)}`),
    ...(isCaaCritical ? ['caa-critical'] : []),
    ...unknown,
    'encrypted',
    renderObject('MESSAGE', encrypted),
  ].join('\n');
}

/** The bytes of the middle layer, with NUL up to the next multiple of 10,000. */
export function padMiddle(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  const padded = new Uint8Array(Math.ceil(bytes.length / paddingMultiple) * paddingMultiple);
  padded.set(bytes);
  return padded;
}
