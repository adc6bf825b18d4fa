// Which arm a relay was assigned to: as declared, else as the list of relays says, else as lists of nicknames do, else as its
// own rows say most often.
import type { Arm, ExperimentRelay } from '../model/experiment.ts';
import { noArm, type RelaySamples } from '../model/measurements.ts';
import type { RelayKey } from './block-heads.ts';
import type { GroupListDocument, SourceDocument } from './documents.ts';

/** A text of single words is a list of relays only where it names relays: at least half of its lines do. */
const isList = ({ explicit, relays }: GroupListDocument, known: ReadonlySet<string>): boolean =>
  explicit || relays.filter((nickname) => known.has(nickname)).length * 2 >= relays.length;

const lists = (documents: readonly SourceDocument[], known: ReadonlySet<string>): GroupListDocument[] => {
  const named = new Set([
    ...known,
    ...documents.flatMap((document) =>
      document.kind === 'relay-config' ? document.relays.map(({ nickname }) => nickname) : [],
    ),
  ]);
  return documents.filter(
    (document): document is GroupListDocument => document.kind === 'group-list' && isList(document, named),
  );
};

/** Relays as documents name them, in order. */
export const relayKeysOf = (documents: readonly SourceDocument[], known: ReadonlySet<string>): RelayKey[] => [
  ...documents.flatMap((document): RelayKey[] =>
    document.kind === 'relay-config'
      ? document.relays.map(({ nickname, fingerprint }) => ({
          nickname,
          ...(fingerprint === undefined ? {} : { fingerprint }),
        }))
      : [],
  ),
  ...lists(documents, known).flatMap(({ relays }) => relays.map((nickname): RelayKey => ({ nickname }))),
];

/** Arms as documents name them, in order. */
export const labelsOf = (documents: readonly SourceDocument[], known: ReadonlySet<string>): string[] => [
  ...documents.flatMap((document) =>
    document.kind === 'relay-config' ? document.relays.flatMap(({ arm }) => (arm === undefined ? [] : [arm])) : [],
  ),
  ...lists(documents, known).map(({ arm }) => arm),
];

const mostFrequent = ({ arm }: RelaySamples, arms: readonly Arm[]): string | undefined => {
  const counts = new Uint32Array(arms.length);
  for (const label of arm) if (label !== noArm) counts[label] = (counts[label] ?? 0) + 1;
  let best = -1;
  for (const [index, count] of counts.entries()) if (count > 0 && count > (counts[best] ?? 0)) best = index;
  return arms[best]?.id;
};

/** What lists of relays say of them beside the arm, by fingerprint and by nickname; the first list that names one counts. */
const settingsByKey = (documents: readonly SourceDocument[]): Map<string, Readonly<Record<string, string>>> => {
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const document of documents)
    if (document.kind === 'relay-config')
      for (const { nickname, fingerprint = '', settings } of document.relays) {
        const told = Object.fromEntries(Object.entries(settings).filter(([, text]) => text !== ''));
        if (Object.keys(told).length === 0) continue;
        for (const key of [fingerprint, nickname]) if (key !== '' && !found.has(key)) found.set(key, told);
      }
  return found;
};

export const assignArms = (
  relays: readonly ExperimentRelay[],
  documents: readonly SourceDocument[],
  known: ReadonlySet<string>,
  samples: readonly RelaySamples[],
  arms: readonly Arm[],
): ExperimentRelay[] => {
  const byKey = new Map<string, string>();
  const settings = settingsByKey(documents);
  for (const document of documents)
    if (document.kind === 'relay-config')
      for (const { nickname, fingerprint, arm } of document.relays) {
        if (arm === undefined) continue;
        if (fingerprint !== undefined && !byKey.has(fingerprint)) byKey.set(fingerprint, arm);
        if (nickname !== '' && !byKey.has(nickname)) byKey.set(nickname, arm);
      }
  for (const { arm, relays: nicknames } of lists(documents, known))
    for (const nickname of nicknames) if (!byKey.has(nickname)) byKey.set(nickname, arm);
  return relays.map((relay, index): ExperimentRelay => {
    const listed = relay.settings ?? settings.get(relay.fingerprint ?? '') ?? settings.get(relay.nickname);
    const known: ExperimentRelay = listed === undefined ? relay : { ...relay, settings: listed };
    if (known.arm !== undefined) return known;
    const own = samples[index];
    const arm =
      byKey.get(relay.fingerprint ?? '') ??
      byKey.get(relay.nickname) ??
      (own === undefined ? undefined : mostFrequent(own, arms));
    return arm === undefined ? known : { ...known, arm };
  });
};
