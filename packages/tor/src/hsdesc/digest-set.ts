// A set of digests that forgets the oldest, in two pieces of memory: as texts in a Set each takes three times as much, and time
// of whoever looks for garbage.

const words = 8;
const digestBytes = 4 * words;

export class DigestSet {
  readonly #limit: number;
  /** One behind the other, in the order in which they came; the newest takes the place of the oldest. */
  readonly #digests: Uint32Array;
  /** Open addressing by the first word: place of a digest plus one, 0 for none. More than half are none. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #asked = new Uint32Array(words);
  readonly #askedBytes = new Uint8Array(this.#asked.buffer);
  #size = 0;
  #next = 0;

  /** @param limit so many are kept: at least one */
  constructor(limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`a set that keeps ${limit} digests`);
    this.#limit = limit;
    this.#digests = new Uint32Array(limit * words);
    const slots = 2 ** Math.ceil(Math.log2(2 * limit + 1));
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** @param digest 32 bytes that nobody can choose: equal bits of many would make this slow */
  has(digest: Uint8Array): boolean {
    return this.#slots[this.#find(digest)] !== 0;
  }

  add(digest: Uint8Array): void {
    if (this.has(digest)) return;
    const place = this.#next;
    if (this.#size === this.#limit) this.#remove(place);
    // Removing may have moved what stood in the way.
    const slot = this.#find(digest);
    this.#digests.set(this.#asked, place * words);
    this.#slots[slot] = place + 1;
    this.#size += 1;
    this.#next = (place + 1) % this.#limit;
  }

  /** Its slot, or the empty one where it belongs. */
  #find(digest: Uint8Array): number {
    if (digest.length !== digestBytes) throw new RangeError(`a digest of ${digest.length} bytes, not ${digestBytes}`);
    this.#askedBytes.set(digest);
    let slot = (this.#asked[0] ?? 0) & this.#mask;
    while (this.#slots[slot] !== 0 && !this.#isAsked((this.#slots[slot] ?? 0) - 1)) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #isAsked(place: number): boolean {
    for (let word = 0; word < words; word++) {
      if (this.#digests[place * words + word] !== this.#asked[word]) return false;
    }
    return true;
  }

  /** Closes the gap, so that those behind are still found. */
  #remove(place: number): void {
    let gap = this.#homeOf(place);
    while (this.#slots[gap] !== place + 1) gap = (gap + 1) & this.#mask;
    for (let slot = (gap + 1) & this.#mask; this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const other = this.#slots[slot] ?? 0;
      const fromHome = (slot - this.#homeOf(other - 1)) & this.#mask;
      if (fromHome < ((slot - gap) & this.#mask)) continue;
      this.#slots[gap] = other;
      gap = slot;
    }
    this.#slots[gap] = 0;
    this.#size -= 1;
  }

  #homeOf(place: number): number {
    return (this.#digests[place * words] ?? 0) & this.#mask;
  }
}
