// How long a probe waits, by how long those took that were answered lately. A dead worker may be told by nothing but silence: an
// introduction point takes the message, and nobody comes to the rendezvous point. Pure.

export interface PatienceRules {
  readonly leastMs: number;
  /** Also while too little is known. A visitor does not wait longer either. */
  readonly mostMs: number;
}

export const defaultPatience: PatienceRules = { leastMs: 10_000, mostMs: 45_000 };

/** So many answers are remembered. */
export const rememberedAnswers = 20;
const fewestAnswers = 3;
const times = 4;

/** @param tookMs of the probes that were answered lately */
export const patienceFor = (tookMs: readonly number[], { leastMs, mostMs }: PatienceRules): number =>
  tookMs.length < fewestAnswers ? mostMs : Math.min(mostMs, Math.max(leastMs, times * Math.max(...tookMs)));
