// torrc options that an experiment set, where tor reads them, and what an earlier experiment forgot. Pure.
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { comparableValue } from '@tearless/tor/torrc/value.ts';
import { isDescribedError } from '../../base/error.ts';
import { createConcealer } from '../../daemon/secret-options.ts';
import { decidingLine, effectiveValues } from '../../daemon/torrc-files.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';
import { type EndedExperiment, readTreatments } from './ended-experiment.ts';
import type { Leaving } from './leaving.ts';

/**
 * Options by which relays differ because they are different relays; all others are what a fleet has in common, or a
 * treatment.
 */
const ownOptions = new Set(
  `AccountingMax AccountingRule AccountingStart Address BandwidthBurst BandwidthRate BridgeDistribution CacheDirectory ContactInfo
  ControlPort ControlSocket CookieAuthFile CookieAuthentication DataDirectory DirPort DirPortFrontPage ExitPolicy ExitRelay
  ExtORPort FamilyId FamilyKeyDirectory HashedControlPassword IPv6Exit KeyDirectory Log MaxAdvertisedBandwidth MetricsPort
  MetricsPortPolicy MyFamily Nickname ORPort OfflineMasterKey OutboundBindAddress OutboundBindAddressExit OutboundBindAddressOR
  OutboundBindAddressPT PidFile ReducedExitPolicy RelayBandwidthBurst RelayBandwidthRate RunAsDaemon ServerDNSResolvConfFile
  SocksPort SyslogIdentityTag User`.split(/\s+/),
);

/** A setting of this many of a host's relays at most is outside what they have in common. */
const rareShare = 1 / 4;

interface SetOption {
  readonly instance: InstanceFacts;
  readonly relay: string;
  readonly name: string;
  readonly values: readonly string[];
}

/** Options of all instances; one whose torrc cannot be read has none. */
const readOptions = (facts: HostFacts): SetOption[] =>
  facts.instances.flatMap((instance) => {
    if (instance.torrc.length === 0) return [];
    try {
      return [...effectiveValues(instance.torrc)].map(([name, values]) => ({
        instance,
        relay: `${facts.host}/${instance.name}`,
        name: canonicalName(name),
        values,
      }));
    } catch (error) {
      if (!isDescribedError(error)) throw error;
      return [];
    }
  });

const keyOf = ({ name, values }: SetOption): string => [name, ...values].join('\n');

/** How many relays have an option, and how many have it with these values. */
const countValues = (options: readonly SetOption[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const option of options)
    for (const key of [option.name, keyOf(option)]) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

const toLeaving = (
  host: string,
  option: SetOption,
  origin: Leaving['origin'],
  verdict: Leaving['verdict'],
  evidence: readonly string[],
): Leaving => {
  const { instance, relay, name, values } = option;
  const line = decidingLine(instance.torrc, name);
  const isMain = line === undefined || line.file === instance.torrc[0]?.path;
  const conceal = createConcealer();
  return {
    id: `${relay}:${name}`,
    host,
    relay,
    path: line?.file ?? instance.torrcPath,
    ...(line === undefined ? {} : { line: line.line }),
    text: values.map((value) => `${name} ${conceal.value(name, value)}`).join('; '),
    origin,
    verdict: isMain ? verdict : 'by-hand',
    evidence: isMain ? evidence : [...evidence, `${instance.torrcPath} includes the file that sets it`],
    action: { kind: 'option', name },
  };
};

/**
 * @param isDeclared whether the configuration decides the option for the relay: then it is none of ours
 */
export const discoverOptions = (
  facts: HostFacts,
  experiment: EndedExperiment,
  isDeclared: (relay: string, option: string) => boolean,
): Leaving[] => {
  const treatments = readTreatments(experiment);
  const options = readOptions(facts).filter(({ relay, name }) => !isDeclared(relay, name));
  const armsWith = (name: string) =>
    [...treatments].flatMap(([arm, treatment]) => {
      const value = treatment.options.get(name);
      return value === undefined
        ? []
        : [{ arm, value: comparableValue(name, value), label: treatment.label, shown: value }];
    });
  const ofExperiment = options.flatMap((option): Leaving[] => {
    const given = armsWith(option.name);
    if (given.length === 0) return [];
    const value = option.values.map((each) => comparableValue(option.name, each)).join('\n');
    const arm = experiment.armOf.get(option.relay);
    const own = given.find((each) => each.arm === arm);
    const shown = option.values.join(', ');
    if (own?.value === value)
      return [
        toLeaving(facts.host, option, 'experiment', 'remove', [
          `${own.label} gave its relays ${option.name} ${own.shown}`,
        ]),
      ];
    const other = given.find((each) => each.value === value);
    const why =
      own !== undefined
        ? `${own.label} gave ${option.name} ${own.shown}, here it is ${shown}`
        : experiment.armOf.has(option.relay)
          ? `${option.relay} is in ${arm === undefined ? 'no arm' : (treatments.get(arm)?.label ?? `arm ${arm}`)}, which did not set it`
          : `${option.relay} is not in the experiment`;
    const also = other === undefined || other === own ? [] : [`${other.label} gave the same value`];
    return [toLeaving(facts.host, option, 'experiment', 'ask', [why, ...also])];
  });
  const relays = new Set(options.map(({ relay }) => relay)).size;
  const counts = countValues(options);
  const earlier = options.flatMap((option): Leaving[] => {
    const { name } = option;
    if (ownOptions.has(name) || armsWith(name).length > 0 || relays < 4) return [];
    const same = counts.get(keyOf(option)) ?? 0;
    if (same > relays * rareShare) return [];
    const others = (counts.get(name) ?? 0) - same;
    const rest = others === 0 ? 'the others do not set it' : `${others} set something else, the others nothing`;
    return [
      toLeaving(facts.host, option, 'earlier', 'ask', [
        `${same} of ${relays} relays of ${facts.host} have it: ${rest}`,
        'no arm of this experiment has it: it may be left over from an earlier one',
      ]),
    ];
  });
  return [...ofExperiment, ...earlier];
};
