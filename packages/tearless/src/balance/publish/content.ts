// What a round says beside its introduction points: what all workers in it keep to, and what is declared for the frontend.
import type { CaaRecord, FlowControl } from '@tearless/tor/hsdesc/inner.ts';
import { parseInner } from '@tearless/tor/hsdesc/inner.ts';
import type { DescriptorFrame } from '../choose/size.ts';
import { plainFrame } from '../choose/size.ts';
import type { Learnt } from '../learn/learnt.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { Layout } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';

export interface RoundContent {
  readonly layout: Layout;
  readonly points: readonly WorkerPoints[];
  readonly traits: Traits;
  readonly declared: Declared;
  /** The parameter HSV3MaxDescriptorSize. Default 50,000. */
  readonly maxBytes?: number | undefined;
}

/** What a descriptor says of all workers in it. */
export interface Traits {
  readonly flowControl: FlowControl | null;
  readonly isSingleOnionService: boolean;
}

/** Of the configuration, what descriptors say. */
export interface Declared {
  /** X25519 keys of authorized clients; none: open to all. */
  readonly clients: readonly Uint8Array[];
  readonly caa: readonly CaaRecord[];
  readonly isCaaCritical: boolean;
}

/** A frontend may promise only what every worker keeps. Proof of work is never copied: its seed belongs to one blinded key. */
export const agreeTraits = (learnt: readonly Learnt[]): Traits => {
  const [first] = learnt;
  const text = (one: Learnt | undefined): string => JSON.stringify(one?.flowControl ?? null);
  const agree = learnt.every((one) => text(one) === text(first));
  return {
    flowControl: agree ? (first?.flowControl ?? null) : null,
    isSingleOnionService: learnt.length > 0 && learnt.every(({ isSingleOnionService }) => isSingleOnionService),
  };
};

/** @throws TorError `hsdesc-bad-value` for what is no CAA record */
export const readDeclared = ({
  clients,
  caa,
  isCaaCritical,
}: Pick<FrontendConfig, 'clients' | 'caa' | 'isCaaCritical'>): Declared => {
  const lines = caa.map((record) => `caa ${record.replaceAll(/\s+/g, ' ')}\n`);
  return { clients, caa: parseInner(`create2-formats 2\n${lines.join('')}`).caa, isCaaCritical };
};

const clientMultiple = 16;

/** The room that it takes in each descriptor. */
export const frameOf = ({ clients, caa }: Declared): DescriptorFrame => ({
  innerBytes:
    plainFrame.innerBytes +
    caa.reduce((sum, { flags, tag, value }) => sum + `caa ${flags} ${tag} ${value}\n`.length, 0),
  authClients: Math.max(1, Math.ceil(clients.length / clientMultiple)) * clientMultiple,
});
