// A fleet of relays on the hosts of a lab: names, ports, torrc. Pure; making it is start-fleet-lab.ts.

export type FleetRelay = {
  host: string;
  /** The instance's name, and the relay's nickname. */
  name: string;
  address: string;
  orPort: number;
};

/** The spelling alphabet: easy to tell apart when read aloud, and letters alone, as Debian wants instance names. */
const names =
  'alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu'.split(
    ' ',
  );

const firstOrPort = 9001;

/** The n-th relay's name: alpha to zulu, then alpha2 and so on. */
const relayName = (index: number): string => {
  const round = Math.floor(index / names.length);
  return `${names[index % names.length]}${round === 0 ? '' : round + 1}`;
};

/** @param hosts in order; each gets `relaysPerHost` relays on ports of their own */
export const planFleet = (
  hosts: readonly { readonly name: string; readonly address: string }[],
  relaysPerHost: number,
): FleetRelay[] =>
  hosts.flatMap(({ name: host, address }, hostIndex) =>
    Array.from({ length: relaysPerHost }, (_, index) => ({
      host,
      name: relayName(hostIndex * relaysPerHost + index),
      address,
      orPort: firstOrPort + index,
    })),
  );

/**
 * The torrc of a relay of the fleet: an exit of the private network, in one family with the others.
 * @param common what joins it to the network (`Network.commonTorrc`)
 * @param family fingerprints of the whole fleet; empty while they are not known
 */
export const renderFleetTorrc = (
  { name, address, orPort }: FleetRelay,
  common: readonly string[],
  family: readonly string[],
): string =>
  `${[
    `Nickname ${name}`,
    'ContactInfo lab@example.invalid',
    `Address ${address}`,
    `ORPort ${address}:${orPort} IPv4Only`,
    `OutboundBindAddress ${address}`,
    'SocksPort 0',
    'NumCPUs 1',
    ...(family.length === 0 ? [] : [`MyFamily ${family.map((fingerprint) => `$${fingerprint}`).join(',')}`]),
    'ExitRelay 1',
    'ExitPolicyRejectPrivate 0',
    'ExitPolicy accept *:*',
    '# The private network that it belongs to.',
    ...common,
  ].join('\n')}\n`;
