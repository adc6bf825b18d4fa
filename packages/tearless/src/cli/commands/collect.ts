// Samples of every relay: memory, processor time, metrics and the allocator that is really loaded, once or again and again.
import { defineCommand } from '../core/command.ts';
import { exitCodes } from '../core/exit-codes.ts';
import type { Fleet } from '../core/fleet.ts';
import { limitOption } from '../core/plan-options.ts';

export const command = defineCommand({
  summary: 'sample memory, traffic and loaded allocators of all relays into the store',
  details:
    'One round trip a host, all its relays at one instant of its own clock. Without EXPERIMENT samples go to the collection\nthat is named after the fleet, and to every experiment that is under way.\nA host that does not answer is a recorded gap; the others are kept and the exit code is 4.\nTraffic figures are kept as they are for 14 days, then by whole days.',
  examples: [
    ['tearless collect', 'once'],
    ['tearless collect --every 5m', 'every five minutes until Ctrl-C'],
    ['tearless collect --install-timer --every 5m', 'the same by a systemd timer on this machine'],
    ['tearless collect allocators --csv memory_measurements.csv', 'once, for one experiment, and for older tools'],
  ],
  positionals: [
    {
      name: 'EXPERIMENT',
      summary: 'only for this experiment, or for the collection of that name',
      complete: 'experiment',
    },
  ],
  options: {
    ...limitOption,
    once: { type: 'boolean', summary: 'collect once; the default' },
    every: { type: 'string', value: 'INTERVAL', summary: 'keep running and collect this often: 30s, 5m, 1h' },
    'install-timer': {
      type: 'boolean',
      summary: 'let systemd of this machine collect, every 5m unless --every says otherwise',
    },
    'remove-timer': { type: 'boolean', summary: 'take that timer away' },
    csv: { type: 'string', value: 'FILE', summary: 'append to a memory_measurements.csv too', complete: 'file' },
    yes: { type: 'boolean', summary: 'do not ask before a timer is installed or removed' },
  },
  json: 'tearless.collection/v1',
  async run(context, { options, positionals: [name] }) {
    const [{ usageError }, { openFleet }, { chooseTargets }, { parseInterval, usualEveryMs }, { resolve }] =
      await Promise.all([
        import('../core/cli-error.ts'),
        import('../core/fleet.ts'),
        import('../core/collect/targets.ts'),
        import('../core/collect/interval.ts'),
        import('node:path'),
      ]);
    const ways = (['once', 'install-timer', 'remove-timer'] as const).filter((way) => options[way] === true);
    if (ways.length > 1 || (options.once === true && options.every !== undefined))
      throw usageError('these options say different things', 'one of --once, --every, --install-timer, --remove-timer');
    const everyMs = options.every === undefined ? undefined : parseInterval(options.every);
    const { output, surroundings } = context;
    const csv = options.csv === undefined ? undefined : resolve(surroundings.cwd, options.csv);
    const choice = { name, limit: options.limit };
    const collect = async (fleet: Fleet, plannedMs: number) => {
      const targets = await chooseTargets(fleet, choice);
      const [{ takeCollection, exitCodeOfCollection }, lines] = await Promise.all([
        import('../core/collect/take.ts'),
        import('../core/collect/lines.ts'),
      ]);
      const collection = await takeCollection(fleet, targets, context, plannedMs);
      if (csv !== undefined) (await import('../core/collect/csv-file.ts')).appendCsv(csv, collection, targets);
      output.result('tearless.collection/v1', lines.describeCollection(fleet.config.fleet, targets, collection), () =>
        lines.renderCollection(collection, output.style),
      );
      return exitCodeOfCollection(collection);
    };
    const [way] = ways;
    if (everyMs !== undefined && way === undefined)
      return await (await import('../core/collect/keep-collecting.ts')).keepCollecting(context, { everyMs, collect });
    await using fleet = await openFleet(context);
    if (way === undefined || way === 'once') return await collect(fleet, surroundings.clock.now());
    const [{ collectTimer, timerName }, { installTimer, removeTimer }] = await Promise.all([
      import('../core/collect/timer.ts'),
      import('../core/own-timer/own-timer.ts'),
    ]);
    const yes = options.yes === true;
    if (way === 'install-timer') await chooseTargets(fleet, choice);
    const outcome =
      way === 'install-timer'
        ? await installTimer(
            context,
            collectTimer(fleet, context, { ...choice, csv, everyMs: everyMs ?? usualEveryMs }),
            { yes },
          )
        : await removeTimer(context, timerName(fleet.config.fleet, name), { yes });
    output.result('tearless.collect-timer/v1', { ...outcome, files: [...outcome.files] }, () => [outcome.words]);
    return exitCodes.done;
  },
});
