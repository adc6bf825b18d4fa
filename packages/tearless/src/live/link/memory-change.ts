// Bytes of a running program that an update writes over, or counts on. Pure.

export interface MemoryChange {
  readonly address: bigint;
  /** What must stand there at the stop. */
  readonly former: Uint8Array;
  /** What stands there afterwards, as long; the same bytes where nothing is written. */
  readonly next: Uint8Array;
}
