// The form of tearless.yaml. The JSON Schema for editors is generated from it; descriptions are what editors show.
import { z } from 'zod';

const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'a name: letters, digits, and . _ - inside');

/** systemd instance names as Debian's tor-instance-create takes them. */
const RelayName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w-]*$/, 'a relay as HOST/INSTANCE, such as h1/alpha');

const Labels = z.record(Name, z.string()).describe('free labels for selectors: key=value');

const Percent = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/, 'a percentage such as 90%')])
  .transform((value) => (typeof value === 'number' ? value : Number.parseFloat(value)))
  .pipe(z.number().min(0).max(100));

/** From the smallest. */
export const durationUnits = [
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
] as const;

/** Milliseconds from `30s`, `5m`, `24h`, `500ms`. */
const Duration = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, 'a duration such as 30s, 5m or 24h')
  .transform((text) => {
    const [, count = '0', unit = 's'] = /^(\d+)(\D+)$/.exec(text) ?? [];
    return Number(count) * (durationUnits.find(([name]) => name === unit)?.[1] ?? 1);
  });

const AbsolutePath = z.string().regex(/^\/[^\0\n]*$/, 'an absolute path');

export const HostConfig = z
  .strictObject({
    address: z
      .string()
      .regex(/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/, 'a host name or address')
      .optional()
      .describe('name or address for ssh; the key itself by default'),
    user: Name.optional().describe('who to log in as; tearless by default'),
    port: z.int().min(1).max(65535).optional(),
    local: z.boolean().optional().describe('this machine itself, without ssh'),
    labels: Labels.optional(),
  })
  .describe('a machine that runs relays');

export const RelayConfig = z.union([
  RelayName,
  z.strictObject({
    relay: RelayName,
    fingerprint: z
      .string()
      .regex(/^[0-9A-F]{40}$/, '40 upper-case hexadecimal digits')
      .optional(),
    labels: Labels.optional(),
  }),
]);

export const AllocatorConfig = z
  .strictObject({
    version: z.string().describe('version of the allocator itself, such as 2.0.9'),
    package: z
      .strictObject({
        name: Name,
        version: z.string().describe('exact Debian version; the package is held afterwards'),
      })
      .optional()
      .describe('Debian package that brings the library'),
    library: AbsolutePath.describe('what LD_PRELOAD names'),
    buildIds: z
      .array(z.string().regex(/^[0-9a-f]{8,}$/, 'a GNU build-id in hexadecimal'))
      .min(1)
      .describe('GNU build-ids that are this allocator, one for each operating system and architecture'),
    environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).optional(),
  })
  .describe('an allocator as name + version + build-id');

const TorrcOptions = z.record(
  Name,
  z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()])), z.null()]),
);

export const SettingConfig = z
  .strictObject({
    select: z.string().describe('which relays: *, host=h1, h1/a*, label=value; a,b either; a&b both; !a not'),
    allocator: z
      .union([Name, z.record(Name, Percent)])
      .optional()
      .describe('one allocator by name, or shares that add up to 100 %'),
    torrc: TorrcOptions.optional().describe('torrc options; null removes one, a list repeats it'),
  })
  .describe('what the selected relays shall be; later entries win');

export const RestartConfig = z
  .strictObject({
    serial: z
      .array(z.union([z.int().min(1), z.string().regex(/^\d+(\.\d+)?%$/, 'a whole number or a percentage')]))
      .min(1)
      .optional()
      .describe('batch sizes, the last one repeats: [1, 10%, 50%]'),
    maxFail: z.int().min(0).optional().describe('how many relays may fail before the run stops'),
    soak: Duration.optional().describe('how long a restarted relay must stay up before the run goes on'),
    deadline: Duration.optional().describe('how long a relay may take to pass its gates'),
    weightDown: Percent.optional().describe(
      'share of guard, exit or HSDir weight of the network that may be down at once',
    ),
    hsDirLoss: Percent.optional().describe('share of the fleet’s HSDirs that may lose the flag within 96 h'),
    consensusGate: z.boolean().optional().describe('wait for the consensus on the public network too'),
    avoidFlagLoss: z.boolean().optional().describe('prefer relays that have no flag to lose'),
  })
  .describe('how restarts roll');

const Instant = z.iso.datetime({ error: 'an instant in UTC such as 2026-01-31T12:00:00Z' });

export const ArmConfig = z
  .strictObject({
    name: z.string().optional().describe('for people; the arm’s key by default'),
    allocator: Name.optional().describe('what its relays load; without it they keep what settings say'),
    torrc: TorrcOptions.optional().describe('torrc options of its relays; null removes one, a list repeats it'),
    restartEvery: Duration.optional().describe('a timer of Tearless’s own restarts each of its relays this often'),
    action: z
      .enum(['restart', 'live-update'])
      .optional()
      .describe('what is done to each of its relays once, at the start; restart by default'),
  })
  .describe('what the relays of an arm are given');

export const ExperimentConfig = z
  .strictObject({
    title: z.string().optional(),
    hypothesis: z.string().optional().describe('what it shall find out, in a sentence'),
    template: z
      .enum(['live-update-against-restart'])
      .optional()
      .describe('which outcomes are looked at besides memory'),
    control: Name.describe('the arm that all others are compared with'),
    arms: z.record(Name, ArmConfig),
    blocks: z
      .array(z.record(Name, RelayName))
      .min(1)
      .describe('relays that resemble one another, by the arm that each was given; what the seed drew'),
    seed: z.string().min(1).describe('the assignment and the order of the restarts are drawn from it'),
    every: Duration.optional().describe('how often it shall be sampled; 5m by default'),
    days: z.int().min(1).max(3650).describe('how long it shall run; repeated looks share their error over this time'),
    effect: Percent.optional().describe('the smallest difference from control that it was made to find'),
    designed: Instant.describe('when its relays were assigned'),
    starting: Instant.optional().describe('when its first relay was about to be changed'),
    started: Instant.optional().describe('when the last of its relays had its treatment'),
    concluded: Instant.optional().describe('when it ended; its arms decide nothing any more'),
  })
  .describe('relays assigned to arms at random; from its start until its end its arms win over settings');

const OnionAddress = z
  .string()
  .regex(/^[a-z2-7]{56}\.onion$/, 'an onion address of version 3: 56 letters and digits, then .onion');

/** A path, so that nobody puts the key itself here. */
const OwnFile = z.string().regex(/^(?!-----BEGIN)[^\0\n]{1,4096}$/, 'the path of a file, never what is in it');

const OnionPort = z.union([
  z.int().min(1).max(65535),
  z
    .string()
    .regex(
      /^\d{1,5}(\s+(\d{1,5}|[\w.-]+:\d{1,5}|\[[0-9A-Fa-f:.]+\]:\d{1,5}|unix:\/[^\s"\\]+))?$/,
      'a port and where it leads, such as 80 127.0.0.1:8080',
    ),
]);

const OnionWorkerConfig = z
  .strictObject({
    host: Name.optional().describe('a host under hosts: Tearless gives its tor the service'),
    instance: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'a tor instance: letters, digits, _ and -')
      .max(27)
      .optional()
      .describe('the NAME of tor@NAME there; default by default'),
    directory: z
      .string()
      .regex(/^(?!keys$)(?!.*\.\.)(?!.*\.kept-)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'a plain name, without a path')
      .optional()
      .describe('its HiddenServiceDir below the instance’s data directory; SERVICE-WORKER by default'),
    address: OnionAddress.optional().describe('its own address; written here when it is deployed'),
    weight: z
      .number()
      .gt(0)
      .max(1000)
      .optional()
      .describe('its share of new clients relative to the others; 1 by default'),
    ports: z.array(OnionPort).min(1).optional().describe('where its ports lead, where not as the service says'),
    publishes: z
      .boolean()
      .optional()
      .describe('false: its tor publishes nothing (PublishHidServDescriptors 0); the balancer’s helper must reach it'),
  })
  .describe('one tor behind a balanced onion service');

export const OnionConfig = z
  .strictObject({
    key: OwnFile.optional().describe(
      'file of its key on the balancer’s machine, relative to this file: hs_ed25519_secret_key of tor, or PEM',
    ),
    presigned: OwnFile.optional().describe('file of keys made ahead, instead of key, where that stays offline'),
    address: OnionAddress.optional().describe('its address, where this machine has neither key'),
    policy: z
      .enum(['distinct', 'blend-in', 'single'])
      .optional()
      .describe('how introduction points are spread over descriptors; distinct by default'),
    ports: z
      .array(OnionPort)
      .min(1)
      .optional()
      .describe('ports of the address and where they lead on each worker; for workers with a host'),
    clients: OwnFile.optional().describe(
      'folder of the clients that may find it, as tor’s authorized_clients; everyone by default',
    ),
    caa: z.array(z.string().min(1)).optional().describe('CAA records, such as 0 issue "letsencrypt.org"'),
    caaCritical: z.boolean().optional().describe('tell authorities that cannot read the records that there are some'),
    probePort: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .describe(
        'the port that is tried; the first of ports by default; without ports any word of the worker’s tor is enough',
      ),
    probe: z
      .enum(['open', 'http'])
      .optional()
      .describe('what has to come from that port: open (the default), or http, a web server’s answer that is no 5xx'),
    workers: z.record(Name, OnionWorkerConfig),
  })
  .describe('one onion address over many workers');

export const Config = z
  .strictObject({
    version: z.literal(1),
    fleet: Name.describe('the fleet’s name: one run at a time changes it'),
    network: z
      .enum(['public', 'lab'])
      .optional()
      .describe('lab: a private network whose consensus is fresh within seconds'),
    state: z
      .string()
      .min(1)
      .optional()
      .describe(
        'where Tearless keeps its own state: postgresql://USER@HOST/DATABASE (the password in ~/.pgpass), or a file, relative to this one',
      ),
    sshConfig: z.string().optional().describe('an ssh_config to use; relative to this file'),
    hosts: z.record(Name, HostConfig),
    relays: z.array(RelayConfig),
    allocators: z.record(Name, AllocatorConfig).optional(),
    settings: z.array(SettingConfig).optional(),
    restart: RestartConfig.optional(),
    experiments: z.record(Name, ExperimentConfig).optional().describe('made by tearless experiment design'),
    onions: z.record(Name, OnionConfig).optional().describe('balanced onion services'),
  })
  .describe('what a Tearless fleet shall be');

export type OnionConfig = z.output<typeof OnionConfig>;
export type Config = z.output<typeof Config>;
export type ArmConfig = z.output<typeof ArmConfig>;
export type ExperimentConfig = z.output<typeof ExperimentConfig>;
export type AllocatorConfig = z.output<typeof AllocatorConfig>;
export type HostConfig = z.output<typeof HostConfig>;
export type SettingConfig = z.output<typeof SettingConfig>;
export type RestartConfig = z.output<typeof RestartConfig>;
