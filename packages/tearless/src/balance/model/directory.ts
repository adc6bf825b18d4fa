// A directory that is responsible for the descriptor of one period.

export interface Directory {
  /** RSA identity, 40 upper-case hexadecimal digits: what the control port knows it by. */
  readonly fingerprint: string;
  readonly nickname: string;
  /** 32 bytes. */
  readonly ed25519Id: Uint8Array;
  /** From 1. Where it stores; clients that look there for it do so under the same replica. */
  readonly replicas: readonly number[];
  /** Clients look here: it is in the fetch set, not only in the store set. */
  readonly isFetched: boolean;
}
