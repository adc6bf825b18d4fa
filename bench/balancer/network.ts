// A consensus with the microdescriptors that it names, as the control port gives both: made up, the same for the same number
// and time.
import { hash } from 'node:crypto';
import type { Consensus } from '@tearless/tor/netdoc/consensus.ts';
import { renderConsensus } from '@tearless/tor/netdoc/render-consensus.ts';
import { generateConsensus } from '@tearless/tor/netdoc/testing/generate-consensus.ts';

export interface NetworkDocuments {
  readonly consensus: string;
  readonly microdescs: string;
  /** Relays that are directories of onion services. */
  readonly hsDirs: number;
}

const hourMs = 3_600_000;

/** So many bytes that depend on the name alone, in base64 without padding. */
const base64Named = (name: string, bytes: number): string =>
  hash('shake256', name, { outputEncoding: 'buffer', outputLength: bytes }).toString('base64').replace(/=+$/, '');

/** As the public network has them: one in three with the old RSA key, every fifth with a family of two. */
const microdescNamed = (name: string, index: number): string => {
  const wrapped = base64Named(`${name} onion`, 140).replace(/.{1,64}/g, '$&\n');
  return [
    'onion-key',
    ...(index % 3 === 0 ? [`-----BEGIN RSA PUBLIC KEY-----\n${wrapped}-----END RSA PUBLIC KEY-----`] : []),
    `ntor-onion-key ${base64Named(`${name} ntor`, 32)}`,
    ...(index % 5 === 0 ? [`family $${'A'.repeat(39)}${index % 10} $${'B'.repeat(39)}${index % 10}`] : []),
    ...(index % 4 === 0 ? ['p accept 20-23,43,53,79-81,88,110,143,194,220,389,443,464,531,543-544,554'] : []),
    `id ed25519 ${base64Named(`${name} ed25519`, 32)}`,
    '',
  ].join('\n');
};

/** @param nowMs Onionbalance takes no consensus that is far from its clock */
export const makeNetwork = (relays: number, nowMs: number): NetworkDocuments => {
  const validAfterMs = Math.floor(nowMs / hourMs) * hourMs;
  const generated = generateConsensus({ relays, flavor: 'microdesc', seed: 7, validAfterMs });
  const microdescs: string[] = [];
  const routers = generated.routers.map((router, index) => {
    const text = microdescNamed(router.fingerprint, index);
    microdescs.push(text);
    return { ...router, microdescDigest: hash('sha256', text, 'base64').slice(0, 43) };
  });
  const run = Math.floor(validAfterMs / (24 * hourMs));
  const sharedRandom = (of: number) => ({ reveals: 9, value: `${base64Named(`shared random ${of}`, 32)}=` });
  const consensus: Consensus = {
    ...generated,
    routers,
    sharedRandPrevious: sharedRandom(run - 1),
    sharedRandCurrent: sharedRandom(run),
  };
  return {
    consensus: renderConsensus(consensus),
    microdescs: microdescs.join(''),
    hsDirs: routers.filter(({ flags }) => flags.includes('HSDir')).length,
  };
};
