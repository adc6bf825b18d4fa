// What is kept from one descriptor to the next, so that the next is cheaper: certificates that were right, the keys that open
// a worker's descriptors, and which directories let one wait. One for all frontends; it holds nothing that cannot be made again.
import { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';

/** Two are current, and one more is about to be or was. */
const keptPeriods = 3;
const keyBytes = 32;
/** A directory that let one wait is asked after the others for so long. */
const slowMs = 10 * 60_000;

export class LearnMemory {
  readonly certificates: CertificateMemory;
  /** By period, then by address: both keys as one text of Latin-1, an eighth of what they are as arrays. */
  readonly #keys = new Map<string, Map<string, string>>();

  /** By fingerprint: until when. */
  readonly #slow = new Map<string, number>();

  /** @param workers of all frontends together: each has seven certificates, with some room */
  constructor(workers = 100) {
    this.certificates = new CertificateMemory(Math.max(1000, 10 * workers));
  }

  /** Keys of a service's descriptors. @throws TorError for what is no address */
  keysOf(address: string, period: BlindingPeriod): DescriptorKeys {
    const ofPeriod = this.#keysOf(`${period.number} ${period.lengthMinutes}`);
    const known = ofPeriod.get(address);
    if (known !== undefined) {
      const bytes = new Uint8Array(Buffer.from(known, 'latin1'));
      return { blindedKey: bytes.subarray(0, keyBytes), subcredential: bytes.subarray(keyBytes) };
    }
    const keys = deriveDescriptorKeys(parseOnionAddress(address), period);
    ofPeriod.set(address, Buffer.concat([keys.blindedKey, keys.subcredential]).toString('latin1'));
    return keys;
  }

  noteSlow(directory: string, nowMs: number): void {
    for (const [other, untilMs] of this.#slow) if (untilMs <= nowMs) this.#slow.delete(other);
    this.#slow.set(directory, nowMs + slowMs);
  }

  isSlow(directory: string, nowMs: number): boolean {
    return (this.#slow.get(directory) ?? nowMs) > nowMs;
  }

  #keysOf(period: string): Map<string, string> {
    const known = this.#keys.get(period);
    if (known !== undefined) return known;
    const made = new Map<string, string>();
    this.#keys.set(period, made);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= keptPeriods) break;
      this.#keys.delete(oldest);
    }
    return made;
  }
}
