// The few instructions of x86-64 that hooks consist of, each in one form only (Intel SDM, volume 2). Registers: rax is where one stands,
// rcx and rdx are for numbers; all else lies in slots of the frame. Pure.
import { Bug } from '../../base/error.ts';

export interface Label {
  at: number | undefined;
}

const argumentLoads = [
  [0x48, 0x8b, 0xbd],
  [0x48, 0x8b, 0xb5],
  [0x48, 0x8b, 0x95],
  [0x48, 0x8b, 0x8d],
  [0x4c, 0x8b, 0x85],
  [0x4c, 0x8b, 0x8d],
] as const;

type Register = 'rax' | 'rcx' | 'rdx';
const moves = { rax: 0xb8, rcx: 0xb9, rdx: 0xba } as const;
const conditions = { equal: 0x84, unequal: 0x85, below: 0x82, aboveOrEqual: 0x83, lessOrEqual: 0x8e } as const;

export class Assembler {
  readonly #bytes: number[] = [];
  readonly #jumps: { readonly at: number; readonly to: Label }[] = [];
  #slots = 0;
  #frameAt = 0;

  #put(...bytes: readonly number[]): void {
    this.#bytes.push(...bytes);
  }

  #number(value: number | bigint, sizeBytes: 4 | 8): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
    this.#put(...bytes.subarray(0, sizeBytes));
  }

  begin(): void {
    this.#put(0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec);
    this.#frameAt = this.#bytes.length;
    this.#number(0, 4);
  }

  /** A place of eight bytes in the frame. */
  slot(): number {
    this.#slots += 1;
    return -8 * this.#slots;
  }

  load(register: Register, value: bigint): void {
    this.#put(0x48, moves[register]);
    this.#number(value, 8);
  }

  keep(register: 'rax' | 'rcx', slot: number): void {
    this.#put(0x48, 0x89, register === 'rax' ? 0x85 : 0x8d);
    this.#number(slot, 4);
  }

  take(register: 'rax' | 'rcx', slot: number): void {
    this.#put(0x48, 0x8b, register === 'rax' ? 0x85 : 0x8d);
    this.#number(slot, 4);
  }

  /** rax becomes where a slot lies. */
  pointTo(slot: number): void {
    this.#put(0x48, 0x8d, 0x85);
    this.#number(slot, 4);
  }

  /** @returns a new slot with that number */
  hold(value: bigint): number {
    const slot = this.slot();
    this.load('rcx', value);
    this.keep('rcx', slot);
    return slot;
  }

  /** @returns a new slot with what rax is */
  holdResult(): number {
    const slot = this.slot();
    this.keep('rax', slot);
    return slot;
  }

  /** @returns a new slot with where another lies */
  holdPlaceOf(slot: number): number {
    this.pointTo(slot);
    return this.holdResult();
  }

  /** rax becomes what stands at rax plus an offset. */
  follow(offset: number): void {
    this.#put(0x48, 0x8b, 0x80);
    this.#number(offset, 4);
  }

  add(bytes: number): void {
    this.#put(0x48, 0x05);
    this.#number(bytes, 4);
  }

  /** rax becomes rax + 8 * rcx. */
  addScaled(): void {
    this.#put(0x48, 0x8d, 0x04, 0xc8);
  }

  increase(slot: number): void {
    this.#put(0x48, 0xff, 0x85);
    this.#number(slot, 4);
  }

  addToSlot(slot: number, bytes: number): void {
    this.#put(0x48, 0x81, 0x85);
    this.#number(slot, 4);
    this.#number(bytes, 4);
  }

  /** rcx becomes the number at rax plus an offset, its upper bits zero. */
  read(offset: number, sizeBytes: number): void {
    if (sizeBytes === 1) this.#put(0x0f, 0xb6, 0x88);
    else if (sizeBytes === 2) this.#put(0x0f, 0xb7, 0x88);
    else if (sizeBytes === 4) this.#put(0x8b, 0x88);
    else this.#put(0x48, 0x8b, 0x88);
    this.#number(offset, 4);
  }

  write(offset: number, sizeBytes: number): void {
    if (sizeBytes === 1) this.#put(0x88, 0x88);
    else if (sizeBytes === 2) this.#put(0x66, 0x89, 0x88);
    else if (sizeBytes === 4) this.#put(0x89, 0x88);
    else this.#put(0x48, 0x89, 0x88);
    this.#number(offset, 4);
  }

  and(mask: bigint): void {
    this.load('rdx', mask);
    this.#put(0x48, 0x21, 0xd1);
  }

  /** rcx takes the bits of a slot too. */
  orSlot(slot: number): void {
    this.#put(0x48, 0x0b, 0x8d);
    this.#number(slot, 4);
  }

  shiftLeft(bits: number): void {
    this.#put(0x48, 0xc1, 0xe1, bits);
  }

  shiftRight(bits: number): void {
    this.#put(0x48, 0xc1, 0xe9, bits);
  }

  shiftRightSigned(bits: number): void {
    this.#put(0x48, 0xc1, 0xf9, bits);
  }

  compare(value: bigint): void {
    this.load('rdx', value);
    this.#put(0x48, 0x39, 0xd1);
  }

  compareSlots(slot: number, with_: number): void {
    this.take('rcx', slot);
    this.#put(0x48, 0x3b, 0x8d);
    this.#number(with_, 4);
  }

  testPointer(): void {
    this.#put(0x48, 0x85, 0xc0);
  }

  /** What a function returned as an `int`. */
  testResult(): void {
    this.#put(0x85, 0xc0);
  }

  testNumber(): void {
    this.#put(0x85, 0xc9);
  }

  jumpIf(condition: keyof typeof conditions, to: Label): void {
    this.#put(0x0f, conditions[condition]);
    this.#jump(to);
  }

  jump(to: Label): void {
    this.#put(0xe9);
    this.#jump(to);
  }

  #jump(to: Label): void {
    this.#jumps.push({ at: this.#bytes.length, to });
    this.#number(0, 4);
  }

  label(): Label {
    return { at: undefined };
  }

  here(label: Label): void {
    label.at = this.#bytes.length;
  }

  /** Calls a function with numbers that lie in slots; rax is what it returns. */
  call(address: bigint, slots: readonly number[]): void {
    slots.forEach((slot, index) => {
      const load = argumentLoads[index];
      if (load === undefined) throw new Bug('a call with more arguments than registers');
      this.#put(...load);
      this.#number(slot, 4);
    });
    this.#put(0x49, 0xbb);
    this.#number(address, 8);
    this.#put(0x31, 0xc0, 0x41, 0xff, 0xd3);
  }

  leave(value: number): void {
    this.#put(0xb8);
    this.#number(value, 4);
    this.#put(0xc9, 0xc3);
  }

  bytes(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    view.setInt32(this.#frameAt, Math.ceil(this.#slots / 2) * 16, true);
    for (const { at, to } of this.#jumps) {
      if (to.at === undefined) throw new Bug('a jump to nowhere');
      view.setInt32(at, to.at - (at + 4), true);
    }
    return bytes;
  }
}

/** Pieces that one instruction moves. */
export const chunks = (sizeBytes: number): { offset: number; sizeBytes: number }[] => {
  const list: { offset: number; sizeBytes: number }[] = [];
  for (let offset = 0; offset < sizeBytes; ) {
    const left = sizeBytes - offset;
    const size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    list.push({ offset, sizeBytes: size });
    offset += size;
  }
  return list;
};
