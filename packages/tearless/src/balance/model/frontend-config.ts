// A balanced onion service as it is declared: its keys, its workers, and what its descriptors say.
import type { FrontendKeys } from './frontend-keys.ts';
import type { Policy } from './layout.ts';
import type { ProbeExpectation } from './prober.ts';
import type { Worker } from './worker.ts';
import type { WorkerHelper } from './worker-helper.ts';

export interface WorkerConfig extends Omit<Worker, 'state'> {
  /** Virtual port that is probed; null where none is known: then it is enough that the worker's tor answers. */
  readonly port: number | null;
  /** What has to come from there; by default the stream has to open. */
  readonly probe?: ProbeExpectation | undefined;
  /** Beside its tor. Without one its descriptor is fetched from directories. */
  readonly helper?: WorkerHelper | undefined;
  /** Of a private onion address that leads to it alone, where it publishes nothing under its own: ../probe/private-address.ts. */
  readonly privateKeys?: FrontendKeys | undefined;
}

export interface FrontendConfig {
  readonly keys: FrontendKeys;
  readonly workers: readonly WorkerConfig[];
  readonly policy: Policy;
  /** X25519 keys of the clients that may read the descriptor, 32 bytes each; none: everyone who knows the address. Asked each time. */
  readonly clients: readonly Uint8Array[];
  /** CAA records as they stand after `caa `: `0 issue "letsencrypt.org"`. Checked where they come from. */
  readonly caa: readonly string[];
  /** Certificate authorities that cannot read the records are told that there are some. */
  readonly isCaaCritical: boolean;
}
