// Who is left out of the clean analysis. Only causes that do not depend on memory exclude; a code without such a cause
// may be named all the same, but what comes of it is exploratory and gets no p value.
import type { Exclusion, Finding, FindingCode } from '../audit/finding.ts';

export interface ChosenExclusions {
  readonly byRelay: ReadonlyMap<string, readonly Exclusion[]>;
  /** Why the clean figures are exploratory, in a sentence; undefined where they are not. */
  readonly exploratory: string | undefined;
  /** Relays that stand under suspicion and stay in, because nothing but their memory speaks against them. */
  readonly suspected: ReadonlySet<string>;
}

/** @param codes which codes exclude; undefined: every code that has a cause independent of memory */
export const chooseExclusions = (
  findings: readonly Finding[],
  codes: readonly FindingCode[] | undefined,
): ChosenExclusions => {
  const chosen = findings.filter(({ code }) => codes === undefined || codes.includes(code));
  const confirmed = chosen.flatMap(({ exclusions }) => exclusions);
  const withoutCause = (codes ?? []).filter(
    (code) =>
      !confirmed.some((exclusion) => exclusion.code === code) &&
      chosen.some((finding) => finding.code === code && finding.relays.length > 0),
  );
  const byOutcome = chosen
    .filter(({ code }) => withoutCause.includes(code))
    .flatMap(({ code, relays }) =>
      relays.map(
        (relay): Exclusion => ({ relay, code, cause: 'named on the command line; no cause independent of memory' }),
      ),
    );
  const byRelay = new Map<string, Exclusion[]>();
  for (const exclusion of [...confirmed, ...byOutcome]) {
    const own = byRelay.get(exclusion.relay) ?? [];
    if (!own.some(({ code }) => code === exclusion.code)) own.push(exclusion);
    byRelay.set(exclusion.relay, own);
  }
  const suspected = findings
    .filter(({ code }) => code === 'carry-over')
    .flatMap(({ relays }) => relays)
    .filter((relay) => !byRelay.has(relay));
  return {
    byRelay,
    exploratory:
      withoutCause.length === 0
        ? undefined
        : `The clean figures are exploratory and have no p value: ${withoutCause.join(', ')} excludes relays by what they measured, not by a cause of its own.`,
    suspected: new Set(suspected),
  };
};
