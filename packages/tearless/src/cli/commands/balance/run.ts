// Serves balanced onion services until it is stopped.
import { randomBytes } from 'node:crypto';
import type { Policy } from '../../../balance/model/layout.ts';
import type { JsonObject } from '../../../base/json.ts';
import { usageError } from '../../core/cli-error.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

const policies: readonly Policy[] = ['distinct', 'blend-in', 'single'];
const defaultControl = '/run/tor/control';

export const command = defineCommand({
  summary: 'serve balanced onion services until stopped',
  details:
    'Learns the introduction points of the workers, chooses, builds, signs and publishes descriptors for both time periods, looks\nwhat the directories hold, and goes on. What it knows is kept: a restart publishes nothing needlessly and never goes back.\nServes what tearless.yaml declares under onions, or an Onionbalance configuration that --config names.\nThe workers must accept the address: ‘tearless balance deploy’ sees to it; by hand it takes HiddenServiceOnionBalanceInstance 1\nand an ob_config that names it.',
  examples: [
    ['tearless balance run', 'all onion services of tearless.yaml, by the tor of this machine'],
    ['tearless balance run shop --control 9051 --json', 'one, by another tor; a line of JSON for each event'],
    ['tearless balance run --config config.yaml', 'those of an Onionbalance'],
  ],
  positionals: [
    { name: 'NAME', summary: 'an onion service of tearless.yaml; all by default', variadic: true, complete: 'onion' },
  ],
  options: {
    control: {
      type: 'string',
      value: 'SOCKET|PORT',
      summary: `control port of the tor that builds its circuits; default ${defaultControl}`,
      complete: 'file',
    },
    'status-socket': {
      type: 'string',
      value: 'SOCKET',
      summary: 'tells its status there as JSON, with the fields of Onionbalance’s socket and more',
      complete: 'file',
    },
    metrics: {
      type: 'string',
      value: 'PORT|SOCKET',
      summary: 'metrics for Prometheus by HTTP, on that port of 127.0.0.1 or that unix socket',
      complete: 'file',
    },
    policy: {
      type: 'string',
      value: 'POLICY',
      summary:
        'instead of the declared one: distinct (up to 120 introduction points in play), blend-in (up to 48, in descriptors like a plain service’s) or single',
      complete: policies,
    },
    unprobed: {
      type: 'boolean',
      summary: 'let workers in by their own word (their helper, their descriptor), without visiting them through Tor',
    },
  },
  json: 'tearless.balance-event/v1',
  async run(context, { options, positionals: names }) {
    const [
      { openJournal },
      { openServed },
      { connectTor },
      { probeThrough },
      { renderEvent },
      { spareMemory },
      { tellStatus },
      { runBalancer },
      { createStoreLeadership },
      { randomFromSeed },
    ] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../core/balance/open-served.ts'),
      import('../../core/balance/connect-tor.ts'),
      import('../../core/balance/probe-through.ts'),
      import('../../core/balance/lines.ts'),
      import('../../core/balance/spare-memory.ts'),
      import('../../core/balance/tell-status.ts'),
      import('../../../balance/run/balancer.ts'),
      import('../../../balance/lease/lease-room.ts'),
      import('../../../stats/random/random.ts'),
    ]);
    spareMemory();
    const { output, surroundings } = context;
    const policy = policies.find((one) => one === options.policy);
    if (policy === undefined && options.policy !== undefined)
      throw usageError(`'${options.policy}' is no policy`, `--policy takes one of ${policies.join(', ')}`);
    const connect = connectTor(options.control ?? defaultControl);
    await using served = await openServed(context, { names, policy });
    await using store = await openJournal(context);
    // A beat does not queue behind what a thousand services write down.
    await using pulse = await openJournal(context);
    const { clock } = surroundings;
    const addresses = served.frontends.map(({ keys }) => keys.address);
    const { 'status-socket': statusSocket, metrics } = options;
    await using telling = await tellStatus({ statusSocket, metrics, clock });
    const stop = new AbortController();
    const forget = context.onStopRequested(() => stop.abort());
    try {
      await runBalancer({
        frontends: served.frontends,
        store,
        leadership: createStoreLeadership(pulse, addresses, { nowMs: clock.now }),
        connect,
        makeProber: options.unprobed ? undefined : probeThrough(clock),
        clock,
        random: randomFromSeed(randomBytes(32).toString('hex')),
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
        signal: AbortSignal.any([context.signal, stop.signal]),
        emit: (event) => {
          telling.take(event);
          const line = renderEvent(event);
          if (!output.json && line !== undefined) output.note(line);
          const atMs = clock.now();
          output.event({ schema: 'tearless.balance-event/v1', atMs, ...event } satisfies JsonObject);
        },
      });
    } finally {
      forget();
    }
    return exitCodes.done;
  },
});
