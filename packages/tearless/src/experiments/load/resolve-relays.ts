// Which relay of the experiment a row of a source belongs to: by nickname, by fingerprint where two share a nickname.
import type { ExperimentRelay } from '../model/experiment.ts';
import type { RelayKey } from './block-heads.ts';

export interface ResolvedRelays {
  /** In order of appearance; arms are not settled here except for declared relays. */
  readonly relays: readonly ExperimentRelay[];
  readonly indexOf: (key: RelayKey) => number | undefined;
}

const textOf = ({ id = '', nickname, fingerprint = '' }: RelayKey): string => `${id}\n${nickname}\n${fingerprint}`;

const collect = (pairs: Iterable<readonly [string, string]>): Map<string, Set<string>> => {
  const sets = new Map<string, Set<string>>();
  for (const [key, value] of pairs) {
    if (key === '' || value === '') continue;
    const set = sets.get(key);
    if (set === undefined) sets.set(key, new Set([value]));
    else set.add(value);
  }
  return sets;
};

const only = (set: ReadonlySet<string> | undefined): string | undefined =>
  set?.size === 1 ? set.values().next().value : undefined;

/**
 * @param declared relays that Tearless assigned; rows that fit one of them are its own
 * @param keys every way in which a source names a relay, in order of appearance
 */
export const resolveRelays = (declared: readonly ExperimentRelay[], keys: readonly RelayKey[]): ResolvedRelays => {
  const named: readonly RelayKey[] = [...declared, ...keys];
  const fingerprintsOf = collect(named.map(({ nickname, fingerprint = '' }) => [nickname, fingerprint]));
  const nicknamesOf = collect(named.map(({ nickname, fingerprint = '' }) => [fingerprint, nickname]));
  const idsOf = collect(named.map(({ nickname, id = '' }) => [nickname, id]));
  const idsByFingerprint = collect(named.map(({ fingerprint = '', id = '' }) => [fingerprint, id]));

  const identify = ({ id, nickname, fingerprint }: RelayKey): string => {
    if (id !== undefined) return id;
    const known = only(idsByFingerprint.get(fingerprint ?? ''));
    if (known !== undefined) return known;
    const name = nickname === '' ? (only(nicknamesOf.get(fingerprint ?? '')) ?? '') : nickname;
    const byName = only(idsOf.get(name));
    const others = fingerprintsOf.get(name);
    const shared = (others?.size ?? 0) > 1;
    if (byName !== undefined && !shared) return byName;
    if (name === '') return fingerprint ?? '';
    return shared && fingerprint !== undefined ? `${name}~${fingerprint.slice(0, 8)}` : name;
  };

  const relays: ExperimentRelay[] = [...declared];
  const indexes = new Map(declared.map(({ id }, index) => [id, index]));
  const byText = new Map<string, number>();
  for (const key of keys) {
    const text = textOf(key);
    if (byText.has(text)) continue;
    const id = identify(key);
    if (id === '') continue;
    let index = indexes.get(id);
    if (index === undefined) {
      index = relays.length;
      indexes.set(id, index);
      relays.push({
        id,
        nickname: key.nickname === '' ? (only(nicknamesOf.get(key.fingerprint ?? '')) ?? '') : key.nickname,
      });
    }
    byText.set(text, index);
    const relay = relays[index];
    const fingerprint =
      key.fingerprint ??
      (relay === undefined || relay.id !== relay.nickname ? undefined : only(fingerprintsOf.get(relay.nickname)));
    if (relay !== undefined && relay.fingerprint === undefined && fingerprint !== undefined)
      relays[index] = { ...relay, fingerprint };
  }
  return { relays, indexOf: (key) => byText.get(textOf(key)) };
};
