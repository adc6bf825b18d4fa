// How much of the network a set of relays is: the share of guard, exit and HSDir weight that is gone while they are down.
// dir-spec §3.8.3 (bandwidth weights), path-spec §2.2 (weights by position), rend-spec-v3 §2.2.3 (HSDirs are chosen
// uniformly: each counts as one). Pure.

/** One relay as the consensus lists it. */
export interface NetworkRelay {
  /** RSA identity, 40 upper-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly nickname: string;
  readonly flags: ReadonlySet<string>;
  /** `w Bandwidth=`: kilobytes a second as the authorities weigh it, 0 where the consensus gives none. */
  readonly bandwidth: number;
  /** SHA-1 of the listed descriptor, 40 upper-case hexadecimal digits; only the `ns` flavour names it. */
  readonly descriptorDigest?: string;
  /** When the listed descriptor was published, ms since 1970 UTC; absent where the consensus no longer tells. */
  readonly publishedMs?: number;
}

/** The network as one consensus describes it. */
export interface NetworkView {
  readonly validAfterMs: number;
  /** When the next one is due. */
  readonly freshUntilMs: number;
  /** When the authorities cast the votes that it comes from: it knows nothing later. */
  readonly votedMs: number;
  readonly relays: ReadonlyMap<string, NetworkRelay>;
  /** `bandwidth-weights`: Wgg, Wgd, Wee, Wed, … as fractions of 1; empty where the consensus has none. */
  readonly weights: ReadonlyMap<string, number>;
}

export const positions = ['guard', 'exit', 'hsDir'] as const;
export type Position = (typeof positions)[number];

/** Fractions of the whole network, each 0 to 1. */
export type NetworkShare = Readonly<Record<Position, number>>;

export const noShare: NetworkShare = { guard: 0, exit: 0, hsDir: 0 };

/** What a relay counts in each position, in arbitrary units that only compare within a position. */
const positionWeights = ({ flags, bandwidth }: NetworkRelay, weights: NetworkView['weights']): NetworkShare => {
  if (!flags.has('Running')) return noShare;
  const isExit = flags.has('Exit') && !flags.has('BadExit');
  const isGuard = flags.has('Guard');
  const weight = (name: string): number => bandwidth * (weights.get(name) ?? 1);
  return {
    guard: isGuard ? weight(isExit ? 'Wgd' : 'Wgg') : 0,
    exit: isExit ? weight(isGuard ? 'Wed' : 'Wee') : 0,
    hsDir: flags.has('HSDir') ? 1 : 0,
  };
};

const add = (a: NetworkShare, b: NetworkShare): NetworkShare => ({
  guard: a.guard + b.guard,
  exit: a.exit + b.exit,
  hsDir: a.hsDir + b.hsDir,
});

/** Sums shares: what is down when all of them are down. */
export const addShares = (shares: Iterable<NetworkShare>): NetworkShare => {
  let sum = noShare;
  for (const share of shares) sum = add(sum, share);
  return sum;
};

/**
 * The share of each relay of the network by fingerprint. A relay that the consensus does not list counts as nothing: ask
 * `view.relays.has` to tell it apart.
 */
export const networkShares = (view: NetworkView): ((fingerprint: string) => NetworkShare) => {
  const counted = new Map([...view.relays].map(([id, relay]) => [id, positionWeights(relay, view.weights)]));
  const total = addShares(counted.values());
  const part = (weight: number, whole: number): number => (whole === 0 ? 0 : weight / whole);
  return (fingerprint) => {
    const weight = counted.get(fingerprint) ?? noShare;
    return {
      guard: part(weight.guard, total.guard),
      exit: part(weight.exit, total.exit),
      hsDir: part(weight.hsDir, total.hsDir),
    };
  };
};

/** Rounding of sums must not decide: 0.1 of the network is within a limit of 0.1 however it is added up. */
const tolerance = 1e-9;

/**
 * Whether one more relay may be down together with those of a batch.
 * @param limit the largest fraction of guard, exit or HSDir weight of the network that may be down at once, 0 to 1
 */
export const fits = (batch: Iterable<NetworkShare>, item: NetworkShare, limit: number): boolean => {
  const sum = add(addShares(batch), item);
  return positions.every((position) => sum[position] <= limit + tolerance);
};

const positionNames: Readonly<Record<Position, string>> = { guard: 'guard', exit: 'exit', hsDir: 'HSDir' };

/** For people: `1.2 % of guard weight, 0.4 % of HSDir weight`. */
export const renderShare = (share: NetworkShare): string => {
  const parts = positions
    .filter((position) => share[position] > 0)
    .map((position) => `${Number((share[position] * 100).toPrecision(2))} % of ${positionNames[position]} weight`);
  return parts.length === 0 ? 'no guard, exit or HSDir weight' : parts.join(', ');
};
