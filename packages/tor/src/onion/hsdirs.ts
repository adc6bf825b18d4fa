// Which relays of a consensus are directories of onion services, and the parameters that say how many hold a descriptor.
// rend-spec-v3 §2.2.3, param-spec.
import type { Consensus } from '../netdoc/consensus.ts';
import type { Microdescriptor } from '../netdoc/microdescriptor.ts';
import { supportsProtocol } from '../netdoc/protocols.ts';
import type { RouterStatus } from '../netdoc/router-status.ts';

export interface HsDir {
  /** RSA identity, 40 upper-case hex digits: what the control port knows it by. */
  readonly fingerprint: string;
  readonly nickname: string;
  /** 32 bytes; only microdescriptors have it. */
  readonly ed25519Id: Uint8Array;
}

export interface HsDirList {
  readonly hsDirs: readonly HsDir[];
  /** Directories whose microdescriptor was not among those given. With one of them the ring is wrong: do not publish. */
  readonly missing: readonly string[];
}

/**
 * The directories: flag HSDir and protocol HSDir=2. One whose microdescriptor names no Ed25519 identity is none, as it is
 * for tor.
 *
 * @param routers of a microdesc consensus
 */
export function listHsDirs(routers: readonly RouterStatus[], microdescriptors: Iterable<Microdescriptor>): HsDirList {
  const idByDigest = new Map<string, string | null>();
  for (const { digest, ed25519Id } of microdescriptors) idByDigest.set(digest, ed25519Id);
  const hsDirs: HsDir[] = [];
  const missing: string[] = [];
  // All in one piece of memory: thousands of small ones take three times as much.
  const ids = new Uint8Array(routers.length * idBytes);
  for (const { flags, protocols, microdescDigest, fingerprint, nickname } of routers) {
    if (!flags.includes('HSDir') || protocols === null || !supportsProtocol(protocols, 'HSDir', 2)) continue;
    const ed25519Id = microdescDigest === null ? undefined : idByDigest.get(microdescDigest);
    if (ed25519Id === undefined) missing.push(fingerprint);
    else if (ed25519Id !== null) {
      const at = hsDirs.length * idBytes;
      ids.set(Buffer.from(ed25519Id, 'base64'), at);
      hsDirs.push({ fingerprint, nickname: ownText(nickname), ed25519Id: ids.subarray(at, at + idBytes) });
    }
  }
  return { hsDirs, missing };
}

const idBytes = 32;

/** A part of a text keeps all of it in memory, and a consensus has megabytes. */
const ownText = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** How many directories hold a descriptor, and how many of them clients ask. */
export interface RingSizes {
  readonly replicas: number;
  readonly spreadStore: number;
  readonly spreadFetch: number;
}

/** Values out of bounds are taken as the nearest bound, as tor does. */
export function readRingSizes({ params }: Pick<Consensus, 'params'>): RingSizes {
  const within = (name: string, otherwise: number, most: number) =>
    Math.min(most, Math.max(1, params.get(name) ?? otherwise));
  return {
    replicas: within('hsdir_n_replicas', 2, 16),
    spreadStore: within('hsdir_spread_store', 4, 128),
    spreadFetch: within('hsdir_spread_fetch', 3, 128),
  };
}
