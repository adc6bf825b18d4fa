// Shows how a running experiment stands, as often as anybody likes: looks share one error, so that watching stays honest.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show how a running experiment stands; stays honest however often it is asked',
  details:
    'Each look at new data may use a part of one error of 5 % over the planned time (alpha spending); it is kept, and asking\nagain before there is a hundredth more of the plan shows the same look. Guardrails (bandwidth, flags, crashes, processor time,\nonionskins dropped, queues emptied) are judged beside. Says stop for harm, continue, or may conclude.\nExit code 7 when a guardrail is broken.',
  examples: [
    ['tearless experiment watch mem', 'a look'],
    ['tearless experiment watch mem --watch', 'again and again, until Ctrl-C'],
    ['tearless experiment watch co --until 2026-02-14', 'an imported one, which names no end'],
  ],
  positionals: [{ name: 'NAME', summary: 'the experiment', required: true, complete: 'experiment' }],
  options: {
    watch: { type: 'boolean', summary: 'look again and again' },
    until: { type: 'string', value: 'TIME', summary: 'its planned end; as it was started by default' },
  },
  json: 'tearless.experiment-watch/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { watchExperiment }, { renderWatch }, { method }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../core/watch-experiment.ts'),
      import('../../core/render/watch-lines.ts'),
      import('../../../experiments/watch/advice.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const take = async () => {
      const value = await watchExperiment(store, name, {
        until: options.until,
        nowMs: () => surroundings.clock.now(),
      });
      const lines = (): string[] => renderWatch(name, value, output.style, output.columns);
      const print = (): void =>
        output.result(
          'tearless.experiment-watch/v1',
          JSON.parse(JSON.stringify({ experiment: name, method, ...value, look: value.look ?? null })),
          lines,
        );
      return { value, lines, print };
    };
    let last: Awaited<ReturnType<typeof take>>['value'];
    if (options.watch === true) last = await (await import('../../core/watch-result.ts')).watchResult(context, take);
    else {
      const picture = await take();
      picture.print();
      last = picture.value;
    }
    return last.look?.advice === 'stop-for-harm' ? exitCodes.findings : exitCodes.done;
  },
});
