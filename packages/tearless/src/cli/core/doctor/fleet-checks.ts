// Checks of a fleet from what was seen of its hosts: the way to each, drift, families. Pure.
import type { DescribedError } from '../../../base/error.ts';
import type { Desired } from '../../../config/desired.ts';
import type { Config } from '../../../config/schema.ts';
import type { HostFacts } from '../../../facts/observed.ts';
import type { Finding } from '../../../relays/drift.ts';
import { type FleetObservation, findPresentRelays } from '../../../relays/fleet-observation.ts';
import { findFamilies } from '../../../relays/plan-warnings.ts';
import { viewFleet } from '../../../relays/relay-view.ts';
import { type Check, found, passed } from '../check.ts';
import { checkHost } from '../host-checks.ts';
import type { HostInspection } from '../inspect-host.ts';

/** One line for a host that is well, else what is wrong with it. */
export const judgeHosts = (inspections: readonly HostInspection[]): Check[] =>
  inspections.flatMap((seen) => {
    const wrong = checkHost(seen).filter(({ outcome }) => outcome === 'problem' || outcome === 'note');
    const { facts, name, helper } = seen;
    if (wrong.some(({ outcome }) => outcome === 'problem') || facts === undefined) return wrong;
    const version = helper?.isCarried === true ? 'carried along' : 'up to date';
    const line = `${facts.os.prettyName}, tor ${facts.torVersion ?? 'not installed'}, helper ${version}`;
    return [passed('host', name, line), ...wrong];
  });

/** What inspections saw, as planning takes it. */
export const toObservation = (inspections: readonly HostInspection[]): FleetObservation => ({
  hosts: new Map(
    inspections.flatMap(({ name, facts }): [string, HostFacts][] => (facts === undefined ? [] : [[name, facts]])),
  ),
  unreachable: new Map(
    inspections.flatMap(({ name, error }): [string, DescribedError][] => (error === undefined ? [] : [[name, error]])),
  ),
});

/** A host that did not answer is named by itself, not once for each relay. */
const fromFinding = ({ code, severity, subject, message, hint }: Finding): Check[] =>
  code === 'relays-unreachable'
    ? []
    : [
        found(severity === 'warning' ? 'problem' : 'note', 'drift', subject, {
          code,
          message,
          ...(hint === '' ? {} : { hint }),
        }),
      ];

export const judgeDrift = (config: Config, desired: Desired, observation: FleetObservation): Check[] => {
  const { relays, hostFindings } = viewFleet({
    desired,
    observation,
    network: undefined,
    limit: () => true,
    hostLabels: (host) => config.hosts[host]?.labels ?? {},
  });
  const undeclared = relays
    .filter(({ declared }) => !declared)
    .map(({ id }) =>
      found('note', 'drift', id, {
        code: 'relay-undeclared',
        message: 'is in use and not declared: Tearless leaves it alone',
        hint: "add it under relays; 'tearless adopt' shows how",
      }),
    );
  const findings = [...relays.flatMap((relay) => relay.findings), ...hostFindings].flatMap(fromFinding);
  const declared = relays.filter((relay) => relay.declared);
  const seen = declared.filter(({ state }) => state !== 'unreachable').length;
  const unseen = declared.length - seen;
  const isClean = !findings.some(({ outcome }) => outcome === 'problem');
  return [
    ...(isClean && seen > 0
      ? [passed('drift', '', `${seen} relays are as declared${unseen === 0 ? '' : `, ${unseen} were not seen`}`)]
      : []),
    ...findings,
    ...undeclared,
  ];
};

export const judgeFamilies = (desired: Desired, observation: FleetObservation): Check[] => {
  const seen = findPresentRelays(desired.relays, observation);
  const problems = findFamilies(seen).map(({ code, message, subjects }) =>
    found('problem', 'family', subjects.length === 1 ? (subjects[0] ?? '') : '', {
      code,
      message,
      hint: 'let all relays name each other in MyFamily, or share one FamilyId (tor 0.4.9)',
    }),
  );
  return problems.length === 0 && seen.length > 1
    ? [passed('family', '', `${seen.length} relays say that they are one family`)]
    : problems;
};
