// What is kept from one descriptor to the next, so that the next is cheaper: certificates that were right, and the keys that
// open a worker's descriptors. One for all frontends; it holds nothing that cannot be made again.
import { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';

export class LearnMemory {
  readonly certificates: CertificateMemory;
  readonly #keys = new Map<string, DescriptorKeys>();
  readonly #limit: number;

  /** @param workers of all frontends together: each has seven certificates and two periods, with some room */
  constructor(workers = 100) {
    this.certificates = new CertificateMemory(Math.max(1000, 10 * workers));
    this.#limit = Math.max(100, 4 * workers);
  }

  /** Keys of a service's descriptors. @throws TorError for what is no address */
  keysOf(address: string, period: BlindingPeriod): DescriptorKeys {
    const name = `${address} ${period.number} ${period.lengthMinutes}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const keys = deriveDescriptorKeys(parseOnionAddress(address), period);
    this.#keys.set(name, keys);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#limit) break;
      this.#keys.delete(oldest);
    }
    return keys;
  }
}
