// Where the pieces of an update come to lie: code, constants with the slots of imports, and new variables, in pages of their own each.
import { Bug } from '../../base/error.ts';
import type { Piece } from '../image/piece.ts';
import type { Region } from './region.ts';

const pageBytes = 4096;
const slotBytes = 8;
/** `jmp *SLOT(%rip)`, padded. */
const stubBytes = 8;
/** More functions of libraries than any program uses. */
const mostSlots = 4096;

const align = (value: number, to: number): number => Math.ceil(value / to) * to;
const placeOf = ({ section, offset }: Piece): string => `${section.index} ${offset}`;

type Protection = Region['protection'];

interface Placed {
  readonly piece: Piece;
  readonly protection: Protection;
  readonly offset: number;
}

/** Where something comes to lie, and its bytes to be written there. */
export interface Place {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

export class Layout {
  readonly #at: bigint;
  readonly #placed = new Map<string, Placed>();
  readonly #sizes: Record<Protection, number> = { code: 0, constants: mostSlots * slotBytes, variables: 0 };
  readonly #own = new Map<
    string,
    { readonly protection: Protection; readonly offset: number; readonly sizeBytes: number }
  >();
  readonly #unread: Piece[] = [];
  readonly #slots = new Map<bigint, number>();
  readonly #stubs = new Map<bigint, bigint>();
  #memory: Record<Protection, Uint8Array> | undefined;
  #stubsFrom = 0;

  constructor(at: bigint) {
    this.#at = at;
  }

  /** Gives a piece a place, unless it has one. */
  place(piece: Piece, protection: Protection): void {
    if (this.#placed.has(placeOf(piece))) return;
    const offset = align(this.#sizes[protection], Math.max(16, piece.section.alignBytes));
    this.#sizes[protection] = offset + piece.sizeBytes;
    this.#placed.set(placeOf(piece), { piece, protection, offset });
    this.#unread.push(piece);
  }

  /** Gives bytes that are in neither build a place. @param name whatever tells them apart */
  placeOwn(name: string, sizeBytes: number, protection: Protection): void {
    if (this.#own.has(name)) return;
    const offset = align(this.#sizes[protection], 16);
    this.#sizes[protection] = offset + sizeBytes;
    this.#own.set(name, { protection, offset, sizeBytes });
  }

  hasOwn(name: string): boolean {
    return this.#own.has(name);
  }

  own(name: string): Place {
    const own = this.#own.get(name);
    if (own === undefined) throw new Bug(`${name} has no place in the update`);
    return {
      address: this.#base(own.protection) + BigInt(own.offset),
      bytes: this.#settled[own.protection].subarray(own.offset, own.offset + own.sizeBytes),
    };
  }

  nextUnread(): Piece | undefined {
    return this.#unread.pop();
  }

  pieces(): Piece[] {
    return [...this.#placed.values()].map(({ piece }) => piece);
  }

  /** No piece gets a place any more. */
  settle(): void {
    this.#stubsFrom = align(this.#sizes.code, 16);
    const codeBytes = align(this.#stubsFrom + mostSlots * stubBytes, pageBytes);
    this.#memory = {
      code: new Uint8Array(codeBytes).fill(0xcc),
      constants: new Uint8Array(align(this.#sizes.constants, pageBytes)),
      variables: new Uint8Array(align(this.#sizes.variables, pageBytes)),
    };
  }

  get #settled(): Record<Protection, Uint8Array> {
    if (this.#memory === undefined) throw new Bug('addresses are asked for before all pieces have a place');
    return this.#memory;
  }

  #base(protection: Protection): bigint {
    const { code, constants } = this.#settled;
    if (protection === 'code') return this.#at;
    const afterCode = this.#at + BigInt(code.length);
    return protection === 'constants' ? afterCode : afterCode + BigInt(constants.length);
  }

  /** Undefined for a piece that does not come along. */
  find(piece: Piece): bigint | undefined {
    const placed = this.#placed.get(placeOf(piece));
    return placed === undefined ? undefined : this.#base(placed.protection) + BigInt(placed.offset);
  }

  addressOf(piece: Piece): bigint {
    const address = this.find(piece);
    if (address === undefined) throw new Bug(`${piece.key} has no place in the update`);
    return address;
  }

  placeOf(piece: Piece): Place {
    const placed = this.#placed.get(placeOf(piece));
    if (placed === undefined) throw new Bug(`${piece.key} has no place in the update`);
    const bytes = this.#settled[placed.protection].subarray(placed.offset, placed.offset + piece.sizeBytes);
    return { address: this.addressOf(piece), bytes };
  }

  /** Where the address stands as data. */
  slotFor(address: bigint): bigint {
    let index = this.#slots.get(address);
    if (index === undefined) {
      index = this.#slots.size;
      if (index >= mostSlots) throw new Bug('an update refers to more than 4,096 addresses by slots');
      this.#slots.set(address, index);
      const { constants } = this.#settled;
      new DataView(constants.buffer).setBigUint64(index * slotBytes, address, true);
    }
    return this.#base('constants') + BigInt(index * slotBytes);
  }

  /** Code that goes on to the address that stands in a slot, however far. */
  stubThrough(slot: bigint): bigint {
    const known = this.#stubs.get(slot);
    if (known !== undefined) return known;
    const offset = this.#stubsFrom + this.#stubs.size * stubBytes;
    const stub = this.#base('code') + BigInt(offset);
    const { code } = this.#settled;
    code.set([0xff, 0x25], offset);
    new DataView(code.buffer).setInt32(offset + 2, Number(slot - (stub + 6n)), true);
    this.#stubs.set(slot, stub);
    return stub;
  }

  get codeAddress(): bigint {
    return this.#base('code');
  }

  /** So far: of pieces and of what is placed beside them. */
  get codeBytes(): number {
    return this.#sizes.code;
  }

  regions(): Region[] {
    const { code, constants, variables } = this.#settled;
    const all = [
      { address: this.#base('code'), bytes: code, protection: 'code' },
      { address: this.#base('constants'), bytes: constants, protection: 'constants' },
      { address: this.#base('variables'), bytes: variables, protection: 'variables' },
    ] as const;
    return all.filter(({ bytes }) => bytes.length > 0);
  }
}
