// New names for relays in what is published: numbered within their arm by their published figure, so that a number tells
// nothing that the figure beside it does not. Where figures are equal or missing, the order comes from a keyed hash: guessing a
// nickname does not help anyone who lacks the key. The numbers hold for one report, so reports cannot be joined by them.
import { createHmac } from 'node:crypto';
import { sha256Hex } from '../../../base/json.ts';
import type { ExperimentPicture, RelayDot } from '../experiment-report.ts';

/** A key nobody has who has only what is published: every figure at full precision, of which pages round away most. */
const keyFromFigures = ({ dots, timelines, report }: ExperimentPicture): string =>
  sha256Hex(
    JSON.stringify([
      report.seed,
      dots.map(({ arm, meanBytes, slopeBytesPerDay }) => [arm, meanBytes, slopeBytesPerDay]),
      timelines.map(({ arm, meanBytes, restartsMs }) => [arm, meanBytes, restartsMs]),
    ]),
  );

/**
 * @param secret orders what the figures leave open; a report made again with the same one has the same numbers
 * @returns the new name of every relay that the picture mentions, by its id: `A-1`, `relay-1` for those without figures.
 *   No nickname looks like one, since nicknames have no hyphens.
 */
export const choosePseudonyms = (picture: ExperimentPicture, secret?: string): ReadonlyMap<string, string> => {
  const key = secret ?? keyFromFigures(picture);
  const tag = new Map<string, string>();
  const tagOf = (relay: string): string => {
    const known = tag.get(relay) ?? createHmac('sha256', key).update(relay).digest('hex');
    tag.set(relay, known);
    return known;
  };
  const byTag = (a: string, b: string): number => (tagOf(a) < tagOf(b) ? -1 : 1);
  const names = new Map<string, string>();
  const arms = Map.groupBy(picture.dots, ({ arm }) => arm);
  const byFigure = (a: RelayDot, b: RelayDot): number => a.meanBytes - b.meanBytes || byTag(a.relay, b.relay);
  for (const [arm, dots] of arms)
    for (const [index, { relay }] of [...dots].sort(byFigure).entries()) names.set(relay, `${arm}-${index + 1}`);
  const others = new Set([
    ...picture.names.relays.map(({ relay }) => relay),
    ...picture.findings.flatMap(({ relays }) => relays),
    ...picture.report.arms.flatMap(({ exclusions }) => exclusions.map(({ relay }) => relay)),
  ]);
  for (const [index, relay] of [...others]
    .filter((id) => !names.has(id))
    .sort(byTag)
    .entries())
    names.set(relay, `relay-${index + 1}`);
  return names;
};
