// The recordings of testdata/onion/recorded: services of C tor in a private network, with the keys they had.
import { readJson } from './vectors.ts';

export interface Recording {
  readonly kind: 'plain' | 'restricted' | 'work';
  /** Without `.onion`. */
  readonly address: string;
  readonly recordedMs: number;
  readonly uploads: readonly { hsDir: string; descriptorId: string; hsDirIndex: string }[];
  readonly counters: readonly {
    which: 'current' | 'next';
    timePeriod: number;
    /** Seconds, as all of these. */
    runStart: number;
    now: number;
    elapsed: number;
    counter: string;
  }[];
  /** Its first descriptor as its own tor gives it. */
  readonly own: string;
  /** The descriptor that a client got. */
  readonly fetched: { readonly descriptorId: string; readonly descriptor: string };
  readonly consensus: string;
}

export interface Recordings {
  readonly tor: string;
  /** `ED25519-V3:` and the expanded key in base64. */
  readonly keys: Readonly<Record<Recording['kind'], string>>;
  /** X25519, base64: who may read the restricted service. */
  readonly clientSecret: string;
  readonly microdescs: string;
  readonly recordings: readonly Recording[];
}

export const readRecordings = () => readJson<Recordings>('onion/recorded/observed.json');
