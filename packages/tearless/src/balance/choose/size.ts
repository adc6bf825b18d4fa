// How many bytes a descriptor will have, without building it: plaintext of the inner layer, two encryptions, padding.
// rend-spec-v3 §2.4, §2.5. All descriptors of one number of pages have the same size but for a few bytes.
import { renderInner } from '@tearless/tor/hsdesc/build/inner.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';

/** What stands in the descriptor beside the introduction points. */
export interface DescriptorFrame {
  /** Bytes of the inner layer before its first introduction point. */
  readonly innerBytes: number;
  /** Lines of authorized clients, decoys included: a multiple of 16. */
  readonly authClients: number;
}

/** `create2-formats`, `flow-control` and `single-onion-service`, and the 16 decoys of a service that is open to all. */
export const plainFrame: DescriptorFrame = { innerBytes: 64, authClients: 16 };

/** tor's have 742, or 770 with an IPv6 address too. A longer one is no work of tor's. */
export const maxPointBytes = 1024;

const pageBytes = 10_000;
/** Salt and MAC, which each encryption adds. */
const encryptionBytes = 16 + 32;

/** Bytes of the point's lines in the inner layer. */
export const pointBytes = (point: IntroPoint): number => innerLength([point]) - innerLength([]);

const innerLength = (introPoints: readonly IntroPoint[]): number =>
  renderInner({
    create2Formats: [2],
    introAuthRequired: null,
    isSingleOnionService: false,
    flowControl: null,
    powParams: null,
    caa: [],
    unknown: [],
    introPoints,
  }).length;

/** Pages of 10,000 bytes that the middle layer is padded to. */
export const pagesFor = (innerBytes: number, authClients: number): number =>
  Math.ceil((middleBytes(authClients) + messageBytes(innerBytes + encryptionBytes)) / pageBytes);

/** Pages of a service of tor's with three introduction points. */
export const pagesOfPlainService = (authClients: number): number =>
  pagesFor(plainFrame.innerBytes + 3 * maxPointBytes, authClients);

/** The whole descriptor, at most: its revision counter may be a few digits shorter. */
export const descriptorBytes = (pages: number): number =>
  outerBytes + messageBytes(pages * pageBytes + encryptionBytes);

/** Pages that a descriptor below `maxBytes` can have. */
export const pagesBelow = (maxBytes: number): number => {
  let pages = 0;
  while (descriptorBytes(pages + 1) < maxBytes) pages++;
  return pages;
};

/**
 * How many of the points fit into so many pages, whichever they are.
 *
 * @param sizes bytes of each point
 */
export const countThatFits = (sizes: readonly number[], pages: number, frame: DescriptorFrame): number => {
  const largestFirst = [...sizes].sort((a, b) => b - a);
  let innerBytes = frame.innerBytes;
  for (const [count, size] of largestFirst.entries()) {
    innerBytes += size;
    if (pagesFor(innerBytes, frame.authClients) > pages) return count;
  }
  return sizes.length;
};

/** Lines of 64 characters of base64 between BEGIN MESSAGE and END MESSAGE, without the newline that follows. */
const messageBytes = (bytes: number): number => {
  const base64 = Math.ceil(bytes / 3) * 4;
  return '-----BEGIN MESSAGE-----\n'.length + base64 + Math.ceil(base64 / 64) + '-----END MESSAGE-----'.length;
};

const middleBytes = (authClients: number): number =>
  'desc-auth-type x25519\n'.length +
  'desc-auth-ephemeral-key \n'.length +
  44 +
  authClients * ('auth-client   \n'.length + 11 + 22 + 22) +
  'caa-critical\n'.length +
  'encrypted\n'.length;

/** A certificate of 140 bytes has 188 characters of base64 in three lines. */
const outerBytes =
  'hs-descriptor 3\ndescriptor-lifetime 180\ndescriptor-signing-key-cert\n'.length +
  '-----BEGIN ED25519 CERT-----\n\n\n\n-----END ED25519 CERT-----\n'.length +
  188 +
  'revision-counter 18446744073709551614\nsuperencrypted\n\n'.length +
  'signature \n'.length +
  86;
