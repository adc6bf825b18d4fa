// Memory that an update brings, with what it holds.

export interface Region {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly protection: 'code' | 'constants' | 'variables';
}
