// What a rehearsal needs of a private network: a twin of the relay that runs the former build and is updated, and another one beside
// it that is not. Who makes such networks is the business of whoever calls.

export const streamKinds = ['exit', 'onion', 'directory', 'control'] as const;
export type StreamKind = (typeof streamKinds)[number];

/** A stream that stays open from before the first update to after the last. */
export interface HeldThing {
  readonly kind: StreamKind;
  readonly name: string;
  /** Why it is open no more; undefined while it is. */
  readonly cut: string | undefined;
  /** Resolves once more bytes have come through. @throws Error when none come in time, or it is cut */
  moves(withinMs: number): Promise<void>;
  /** Ends it, and compares all that came with all that was sent. @throws Error when it is not the same */
  finish(): Promise<void>;
}

export interface Filling {
  readonly circuits: number;
  readonly connections: number;
  readonly streams: number;
}

export interface TwinRelay {
  readonly pid: number;
  /** As much as the census says, as far as this network can: fewer are told as fewer. */
  fill(wanted: Filling): Promise<Filling>;
  /** One of each kind. */
  hold(): Promise<readonly HeldThing[]>;
  /** What its code says that it is. */
  version(): Promise<string>;
  /** Opens a new stream through it, and sees bytes come back. @throws Error */
  serves(): Promise<void>;
}

export interface TwinNetwork {
  readonly twin: TwinRelay;
  /** Has the same build, load and streams, and is never updated: what breaks there as well is no fault of the update. */
  readonly bystander: TwinRelay;
}
