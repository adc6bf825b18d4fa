// What the relays of an experiment shall be once it has ended: `mimalloc=90%,jemalloc=10%`, and which relays that means. Pure.
import { ExperimentError } from '../model/experiment-error.ts';

/** Percentages by allocator, adding up to 100; one allocator alone has all. */
export type TargetShares = ReadonlyMap<string, number>;

const refuse = (text: string, what: string): never => {
  throw new ExperimentError({
    kind: 'usage',
    code: 'experiment-target-invalid',
    message: `--target ${text}: ${what}`,
    hint: "such as --target 'mimalloc=90%,jemalloc=10%' or --target mimalloc",
  });
};

/** @throws ExperimentError `experiment-target-invalid` */
export const parseTarget = (text: string): TargetShares => {
  const shares = new Map<string, number>();
  for (const raw of text.split(',')) {
    const part = raw.trim();
    const [, name, percent] = /^([A-Za-z0-9][\w.-]*)(?:\s*=\s*(\d+(?:\.\d+)?)\s*%?)?$/.exec(part) ?? [];
    if (name === undefined) return refuse(text, part === '' ? 'an empty part' : `${part} is not NAME=PERCENT`);
    if (shares.has(name)) return refuse(text, `${name} stands there twice`);
    shares.set(name, percent === undefined ? 100 : Number(percent));
  }
  const sum = [...shares.values()].reduce((total, share) => total + share, 0);
  return Math.abs(sum - 100) < 1e-6 ? shares : refuse(text, `the shares add up to ${sum} %, not 100 %`);
};

/**
 * The shortest selector for exactly these relays.
 * @param all every relay of the configuration, `host/instance`
 */
export const selectorFor = (relays: readonly string[], all: readonly string[]): string => {
  const meant = new Set(relays);
  const hostOf = (relay: string): string => relay.slice(0, relay.indexOf('/'));
  if (all.every((relay) => meant.has(relay))) return '*';
  const parts: string[] = [];
  for (const host of new Set(relays.map(hostOf))) {
    const there = all.filter((relay) => hostOf(relay) === host);
    if (there.every((relay) => meant.has(relay))) parts.push(`host=${host}`);
    else parts.push(...relays.filter((relay) => hostOf(relay) === host));
  }
  return parts.join(',');
};

export const allocatorOf = (shares: TargetShares): string | Record<string, number> => {
  const [first] = [...shares];
  return shares.size === 1 && first !== undefined ? first[0] : Object.fromEntries(shares);
};
