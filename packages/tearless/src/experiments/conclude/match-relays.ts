// Which relay of the fleet an experiment's relay is: by its own id, else by fingerprint, else by a nickname that only one has. Pure.
import type { ExperimentRelay } from '../model/experiment.ts';

export interface FleetRelay {
  /** `host/instance`. */
  readonly id: string;
  readonly instance: string;
  readonly fingerprint?: string;
}

export interface MatchedRelays {
  /** Arm by `host/instance`. */
  readonly armOf: ReadonlyMap<string, string | undefined>;
  /** Relays of the experiment that the configuration does not declare. */
  readonly missing: readonly string[];
}

export const matchRelays = (relays: readonly ExperimentRelay[], fleet: readonly FleetRelay[]): MatchedRelays => {
  const byId = new Map(fleet.map((relay) => [relay.id, relay]));
  const byFingerprint = new Map(
    fleet.flatMap((relay) => (relay.fingerprint === undefined ? [] : [[relay.fingerprint, relay] as const])),
  );
  const armOf = new Map<string, string | undefined>();
  const missing: string[] = [];
  for (const relay of relays) {
    const named = fleet.filter(
      ({ instance, fingerprint }) =>
        instance === relay.nickname &&
        (fingerprint === undefined || relay.fingerprint === undefined || fingerprint === relay.fingerprint),
    );
    const known = relay.fingerprint === undefined ? undefined : byFingerprint.get(relay.fingerprint);
    const match = byId.get(relay.id) ?? known ?? (named.length === 1 ? named[0] : undefined);
    if (match === undefined) missing.push(relay.id);
    else armOf.set(match.id, armOf.get(match.id) ?? relay.arm);
  }
  return { armOf, missing };
};
