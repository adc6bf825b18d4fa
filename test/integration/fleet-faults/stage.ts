// What tests of faults share: a fleet on hosts of a lab, how it was, how it is with a setting, and what is asked of it.
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import type { FaultFleet, SeenFleet } from '../support/fault-fleet.ts';

/** Each part of it is there when the tests that need it run. */
export interface FaultStage {
  readonly fleet: FaultFleet;
  readonly h1: LabHost;
  readonly h2: LabHost;
  readonly former: SeenFleet;
  /** All relays with `faster`. */
  readonly fast: SeenFleet;
}

/** Taken up by a reload: circuits stay. */
export const faster = { settings: [{ select: '*', torrc: { BandwidthRate: '20 MBytes' } }] };
export const fasterBytes = String(20 * 1024 * 1024);

/** Takes a restart. */
export const mimalloc = { settings: [{ select: '*', allocator: 'mimalloc' }] };
export const library = '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2';

/** Long forms wait until a host is given up. */
export const soak = process.env.TEARLESS_SOAK === '1';

export const undoLast = ['run', 'undo', 'last', '--yes'];
export const resumeLast = ['run', 'resume', 'last'];
