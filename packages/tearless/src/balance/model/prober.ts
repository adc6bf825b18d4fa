// Something that reaches an onion service through Tor and says whether it answered.

export interface ProbeTarget {
  /** With `.onion`. */
  readonly onionAddress: string;
  /** Virtual port. */
  readonly port: number;
}

export type ProbeResult =
  | { readonly ok: true; readonly tookMs: number }
  | {
      readonly ok: false;
      /** For people. */
      readonly why: string;
    };

export interface Prober {
  /** Names the way that its probes take: one bad path never takes out more than half of the workers. */
  readonly path: string;
  /** Rejects for nothing but the signal. */
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}
