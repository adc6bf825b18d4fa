// The vectors below testdata/onion and testdata/hsdesc, whose READMEs say where they come from.
import { readFileSync } from 'node:fs';

const testdata = new URL('../../../testdata/', import.meta.url);

/** A file of the test data as text. */
export function readText(path: string): string {
  return readFileSync(new URL(path, testdata), 'utf8');
}

/** A file of the test data as JSON, in the shape that the caller knows. */
export function readJson<T>(path: string): T {
  return JSON.parse(readText(path));
}

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export interface Ed25519Vector {
  seed: string;
  expanded: string;
  publicKey: string;
  curve25519: string;
  blindingFactor: string;
  blindedSecret: string;
  blindedPublic: string;
  selfSignature: string;
}

export const readEd25519Vectors = () => readJson<Ed25519Vector[]>('onion/vectors/ed25519.json');
