// Whether a period's descriptors have to be published again, and why. Pure.
import { hashJson } from '../../base/json.ts';
import type { Layout } from '../model/layout.ts';
import type { Declared, Traits } from '../publish/content.ts';

/** Equal for rounds that differ in nothing but time, counter and random bytes. */
export const digestRound = (layout: Layout, traits: Traits, declared: Declared): string =>
  hashJson({
    directories: [...layout.chosen]
      .map(([fingerprint, refs]) => [fingerprint, ...refs.map(({ key }) => key).sort()].join(' '))
      .sort(),
    flowControl: traits.flowControl === null ? null : { ...traits.flowControl },
    isSingleOnionService: traits.isSingleOnionService,
    ...describeDeclared(declared),
  });

/** The declared part as JSON. */
export const describeDeclared = ({ clients, caa, isCaaCritical }: Declared) => ({
  clients: clients.map((key) => Buffer.from(key).toString('base64')).sort(),
  caa: caa.map(({ flags, tag, value }) => `${flags} ${tag} ${value}`),
  isCaaCritical,
});

export interface PublishedBefore {
  readonly digest: string;
  /** Directories that were to have it, those that missed it included. */
  readonly directories: ReadonlySet<string>;
  readonly missed: ReadonlySet<string>;
}

export interface DueQuestion {
  readonly before: PublishedBefore | undefined;
  readonly digest: string;
  readonly directories: ReadonlySet<string>;
  readonly nowMs: number;
  /** When the next round is due that nothing but time asks for. */
  readonly scheduledMs: number;
  /** When changes of introduction points have been gathered long enough; undefined when there are none. */
  readonly gatheredMs: number | undefined;
  /** When directories that missed the round are asked again. */
  readonly retryMs: number | undefined;
}

export type Due =
  | { readonly kind: 'round'; readonly why: string }
  | { readonly kind: 'retry'; readonly why: string }
  | { readonly kind: 'not-due'; readonly nextMs: number; readonly why: string };

/** Why a round is due whatever would be published; undefined: that hangs on what would be. */
export const findCertainCause = ({
  before,
  directories,
  nowMs,
  scheduledMs,
}: Pick<DueQuestion, 'directories' | 'nowMs' | 'scheduledMs'> & {
  readonly before: Pick<PublishedBefore, 'directories'> | undefined;
}): string | undefined => {
  if (before === undefined) return 'nothing was published for this period yet';
  const isSameRing =
    before.directories.size === directories.size && [...directories].every((one) => before.directories.has(one));
  if (!isSameRing) return 'other directories are responsible';
  return scheduledMs <= nowMs ? 'the last round is an hour or two old' : undefined;
};

export const decideDue = (question: DueQuestion): Due => {
  const { before, digest, nowMs, scheduledMs, gatheredMs, retryMs } = question;
  const cause = findCertainCause(question);
  if (cause !== undefined) return { kind: 'round', why: cause };
  if (before?.digest !== digest) {
    if (gatheredMs === undefined || gatheredMs <= nowMs)
      return { kind: 'round', why: 'the introduction points have changed' };
    return { kind: 'not-due', nextMs: Math.min(gatheredMs, scheduledMs), why: 'changes are being gathered' };
  }
  if (before.missed.size === 0 || retryMs === undefined)
    return { kind: 'not-due', nextMs: scheduledMs, why: 'nothing has changed since the last round' };
  if (retryMs <= nowMs) return { kind: 'retry', why: `${before.missed.size} directories missed the last round` };
  return {
    kind: 'not-due',
    nextMs: Math.min(retryMs, scheduledMs),
    why: 'directories that missed the round are tried again',
  };
};
