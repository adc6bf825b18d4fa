// Tries a step between two builds on a twin of the relay, in a private network of its own.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'try a live update on a twin of the relay first',
  details:
    'Starts the build that the relay runs in a private network on this machine, gives it circuits and connections in the numbers of\nthe relay (rounded; nothing else of it is read), and holds a stream of each kind open. Then it applies the update, takes it back\nand applies it again, beside a relay that is not updated. What goes wrong ends the twin. The report says how long the relay will\nstand still, and is what `live apply` asks for. Needs root. Exit code 7 where it failed.',
  examples: [
    ['tearless live rehearse h1/a --to build-0.4.9.12 --out rehearsal.json', 'for a relay of the fleet'],
    [
      'tearless live rehearse --census census.json --from build-0.4.9.11 --to build-0.4.9.12',
      'with numbers from a file, no relay at hand',
    ],
  ],
  positionals: [{ name: 'RELAY', summary: 'the relay that it is for; none with --census', complete: 'relay' }],
  options: {
    to: { type: 'string', value: 'BUILD', summary: 'the build that it becomes', complete: 'directory' },
    from: { type: 'string', value: 'BUILD', summary: 'with --census: the build that runs', complete: 'directory' },
    census: { type: 'string', value: 'FILE', summary: 'numbers of a relay, as JSON', complete: 'file' },
    builds: {
      type: 'string',
      value: 'DIR',
      summary: 'the folder with the build that RELAY runs; that of BUILD by default',
      complete: 'directory',
    },
    rules: { type: 'string', value: 'FILE', summary: 'what no tool can know of the release', complete: 'file' },
    'max-pause': {
      type: 'string',
      value: 'TIME',
      summary: 'how long the twin may stand still at most; 20ms by default: it is tried again rather than exceeded',
    },
    out: { type: 'string', value: 'FILE', summary: 'where the report goes, too', complete: 'file' },
  },
  json: 'tearless.live-rehearsal/v1',
  async run(context, { options, positionals: [relay] }) {
    const [
      { findRehearsed },
      { rehearseStep },
      { renderRehearsal },
      { readPauseUs },
      { requireNewFile, writeNewFile },
      { textWidth },
      { usageError },
      { resolve },
    ] = await Promise.all([
      import('../../core/live/find-rehearsed.ts'),
      import('../../core/live/rehearse-step.ts'),
      import('../../core/live/rehearsal-lines.ts'),
      import('../../core/live/live-options.ts'),
      import('../../core/own-files.ts'),
      import('../../core/render/wrap.ts'),
      import('../../core/cli-error.ts'),
      import('node:path'),
    ]);
    const { surroundings, output } = context;
    const { to, rules, out } = options;
    if (to === undefined) throw usageError('which build shall it become?', '--to BUILD');
    const maxPauseUs = readPauseUs(options['max-pause'] ?? '20ms');
    const path = out === undefined ? undefined : resolve(surroundings.cwd, out);
    const hint = 'name another file, or remove that one';
    if (path !== undefined) requireNewFile(path, hint);
    const { from, census } = await findRehearsed(context, { ...options, to, relay });
    const report = await rehearseStep(context, { from, to, rules, census, maxPauseUs });
    if (path !== undefined) writeNewFile(path, `${JSON.stringify(report, undefined, 2)}\n`, hint);
    const { schema, ...value } = report;
    output.result(schema, JSON.parse(JSON.stringify(value)), () =>
      renderRehearsal(report, output.style, textWidth(output.columns)),
    );
    return report.passed ? exitCodes.done : exitCodes.findings;
  },
});
