// Findings about a fleet as it stands: what differs from what is declared or from what was once applied. Reads values only.
import type { Desired } from '../config/desired.ts';
import { findOverridingDropIns } from '../daemon/drop-in.ts';
import type { AllocatorLibrary } from '../facts/observed.ts';
import { findLibrary, glibc, wouldLoad } from './allocator-target.ts';
import type { SeenRelay } from './fleet-observation.ts';

export interface Finding {
  readonly code: string;
  readonly severity: 'info' | 'warning';
  readonly subject: string;
  readonly message: string;
  /** What mends it. */
  readonly hint: string;
}

const describeLibrary = ({ allocator, package: owner, buildId }: AllocatorLibrary): string =>
  `${allocator}${owner === undefined ? '' : ` ${owner.version}`} (build-id ${buildId ?? 'none'})`;

const findInstanceDrift = ({ relay, instance, facts }: SeenRelay): Finding[] => {
  const findings: Finding[] = [];
  const report = (code: string, message: string, hint: string, severity: Finding['severity'] = 'warning') =>
    findings.push({ code, severity, subject: relay.id, message, hint });
  if (instance.activeState !== 'active')
    report(
      'relay-not-running',
      `${instance.unit} is ${instance.activeState}`,
      `look at 'journalctl -u ${instance.unit}' on ${relay.host}`,
    );
  if (instance.needDaemonReload)
    report(
      'unit-changed-on-disk',
      `${instance.unit} changed on disk after systemd read it`,
      `'systemctl daemon-reload' on ${relay.host}, or apply`,
    );
  const preload = instance.environment.LD_PRELOAD;
  const { process } = instance;
  if (preload !== undefined && preload !== '' && process !== undefined && process.allocator.allocator === 'glibc')
    report(
      'allocator-not-loaded',
      `LD_PRELOAD names ${preload}, but the process runs with glibc${facts.libraries.some((library) => library.path === preload || library.aliases?.includes(preload)) ? '' : ': there is no such file'}`,
      `'tearless plan --limit ${relay.id}' shows what would mend it`,
    );
  for (const override of findOverridingDropIns(instance.dropIns))
    report(
      'drop-in-overrides',
      `${override.path}:${override.line} wins over the allocator's drop-in`,
      'rename or remove it',
      'info',
    );
  return findings;
};

/** Allocators that the relay may have by what is declared. */
const candidatesOf = (desired: Desired, relay: SeenRelay['relay']): string[] =>
  relay.allocator === undefined
    ? [...(desired.shareGroups.find(({ relays }) => relays.includes(relay.id))?.counts.keys() ?? [])]
    : [relay.allocator];

/** What the process has mapped stays although the library under it was changed or went: the next start shows it. */
const findNextStartDrift = (
  desired: Desired,
  { relay, instance, facts }: SeenRelay,
  candidates: readonly string[],
): Finding[] => {
  const targets = candidates.map((name) => ({ name, config: desired.allocators[name] }));
  if (targets.some((target) => wouldLoad(facts, instance, target))) return [];
  const preload = instance.environment.LD_PRELOAD ?? '';
  // A preload that was not loaded is a finding of its own.
  if (preload !== '' && instance.process?.allocator.allocator === glibc) return [];
  const library = findLibrary(facts, preload);
  const next =
    preload === '' ? 'glibc' : library === undefined ? `glibc: there is no ${preload}` : describeLibrary(library);
  return [
    {
      code: 'next-start-drift',
      severity: 'warning',
      subject: relay.id,
      message: `runs with ${candidates.join(' or ')} as declared, but its next start would load ${next}`,
      hint: `'tearless plan --limit ${relay.id}' shows what would mend it`,
    },
  ];
};

const findAllocatorDrift = (desired: Desired, seen: SeenRelay): Finding[] => {
  const { relay, instance } = seen;
  if (instance.process === undefined) return [];
  const loaded = instance.process.allocator;
  const candidates = candidatesOf(desired, relay);
  if (candidates.length === 0) return [];
  const matches = candidates.some((name) => {
    const config = desired.allocators[name];
    return config === undefined
      ? loaded.allocator === name
      : loaded.buildId !== undefined && config.buildIds.includes(loaded.buildId);
  });
  if (matches) return findNextStartDrift(desired, seen, candidates);
  return [
    {
      code: 'allocator-drift',
      severity: 'warning',
      subject: relay.id,
      message: `runs with ${describeLibrary(loaded)}, declared is ${candidates.join(' or ')}`,
      hint: `'tearless plan --limit ${relay.id}' shows what would mend it`,
    },
  ];
};

const findPackageDrift = (desired: Desired, seen: readonly SeenRelay[]): Finding[] => {
  const hosts = new Map(seen.map(({ facts }) => [facts.host, facts]));
  /** Of the allocators that this host's relays may have: what only others use is none of its business. */
  const declaredOn = (host: string) => {
    const relays = seen.filter(({ relay }) => relay.host === host);
    const names = new Set(relays.flatMap(({ relay }) => candidatesOf(desired, relay)));
    return [...names].flatMap((name) => desired.allocators[name]?.package ?? []);
  };
  return [...hosts.values()].flatMap((facts) =>
    declaredOn(facts.host).flatMap((wanted): Finding[] => {
      const installed = facts.packages.find(({ name }) => name === wanted.name);
      if (installed === undefined) return [];
      if (installed.version !== wanted.version)
        return [
          {
            code: 'package-drift',
            severity: 'warning',
            subject: facts.host,
            message: `${wanted.name} is ${installed.version}, declared is ${wanted.version}: relays load it at their next restart`,
            hint: 'install the declared version, or declare this one once you have checked it',
          },
        ];
      return installed.held
        ? []
        : [
            {
              code: 'package-not-held',
              severity: 'warning',
              subject: facts.host,
              message: `${wanted.name} ${installed.version} is not held: an upgrade would change what relays load`,
              hint: `'apt-mark hold ${wanted.name}' on ${facts.host}, or apply`,
            },
          ];
    }),
  );
};

/** Everything about the seen relays and their hosts that a person should know, in a stable order. */
export const findDrift = (desired: Desired, seen: readonly SeenRelay[]): Finding[] => [
  ...seen.flatMap((relay) => [...findInstanceDrift(relay), ...findAllocatorDrift(desired, relay)]),
  ...findPackageDrift(desired, seen),
];
