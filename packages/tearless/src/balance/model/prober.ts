// Something that reaches an onion service through Tor and says whether it answered.

export interface ProbeTarget {
  /** With `.onion`. */
  readonly onionAddress: string;
  /** Virtual port. */
  readonly port: number;
  /**
   * For an address that the balancer publishes itself: brings its descriptor up to date, right before tor is asked for a
   * stream. @returns why that failed, which says nothing of the worker; undefined when it is done
   */
  readonly prepare?: ((signal: AbortSignal) => Promise<string | undefined>) | undefined;
  /**
   * What has to come: the stream has to `open` (the default); or the worker's `tor` has to answer, be it by a refusal; or over
   * the stream an `http` answer to HEAD / that is no 5xx.
   */
  readonly expects?: ProbeExpectation | undefined;
}

export type ProbeExpectation =
  | { readonly kind: 'open' }
  | { readonly kind: 'tor' }
  | {
      readonly kind: 'http';
      /** The name of the site that is asked for: the frontend's address, as visitors say it. */
      readonly host: string;
    };

export type ProbeResult =
  | { readonly ok: true; readonly tookMs: number }
  | {
      readonly ok: false;
      /** For people. */
      readonly why: string;
      /** What is to blame instead of the target, of which it says nothing then: the way, or the descriptor that was to lead there. */
      readonly blame?: 'path' | 'descriptor';
    };

export interface Prober {
  /** Names the way that its probes take: one bad path never takes out more than half of the workers. */
  readonly path: string;
  /** Rejects for nothing but the signal. */
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}
