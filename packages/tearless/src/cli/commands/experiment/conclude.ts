// Ends an experiment: what it left goes, the target comes, everything is proved and written down.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { planOptions } from '../../core/plan-options.ts';

const { 'avoid-flag-loss': _, ...rollOptions } = planOptions;

export const command = defineCommand({
  summary: 'end an experiment as one plan: what it left goes, the target comes, a checklist is ticked',
  details:
    'Finds what the experiment left on its hosts: from the journal where Tearless began it, else by looking (restart timers,\ndrop-ins, torrc options, jobs of cron), each shown with why. What is not sure stays unless --remove names it. Measures all relays a\nlast time, archives data and every file that will change, reads both back, then changes each relay once, in batches, behind gates.\nAfterwards every relay is verified and the checklist is kept with the data. The same call goes on with an end that was cut off.',
  examples: [
    ["tearless experiment conclude mem --target 'mimalloc=90%,jemalloc=10%'", 'find, plan, show, ask, do, prove'],
    ['tearless experiment conclude mem --target mimalloc --dry-run', 'only look and show'],
    [
      'tearless experiment conclude mem --leave h1:tor-restart-a.timer --remove earlier',
      'keep one thing, take others too',
    ],
    ['tearless experiment conclude mem --undo', 'the way back, and the configuration as it was'],
    ['tearless experiment conclude mem --baseline', 'a day later: measure once more and tick the last line'],
  ],
  positionals: [
    { name: 'NAME', summary: 'the experiment', required: true },
    { name: 'PLAN', summary: 'a plan saved by --out', complete: 'file' },
  ],
  options: {
    target: {
      type: 'string',
      value: 'SHARES',
      summary: "what its relays shall be: 'mimalloc=90%,jemalloc=10%'; else what settings say",
    },
    leave: {
      type: 'string',
      value: 'NAME',
      summary: 'keep something that would be removed, by the name or path it is shown with',
      multiple: true,
    },
    remove: {
      type: 'string',
      value: 'NAME',
      summary: "remove something that is not sure; 'earlier' for all of earlier experiments",
      multiple: true,
    },
    'no-monitoring': { type: 'boolean', summary: 'no daily line on memory in the journal of the hosts' },
    'baseline-after': {
      type: 'string',
      value: 'TIME',
      summary: 'when the relays are to be measured once more: 24h by default',
    },
    baseline: { type: 'boolean', summary: 'measure the relays once more now that it is due, and tick the line' },
    'baseline-timer': {
      type: 'boolean',
      summary: 'let systemd of this machine take the baseline when it is due, once; --undo takes the timer away too',
    },
    undo: { type: 'boolean', summary: 'take the end back: its runs in reverse, behind gates, then the configuration' },
    keep: { type: 'string', value: 'FILE', summary: 'archive this file too', multiple: true, complete: 'file' },
    archive: {
      type: 'string',
      value: 'DIR',
      summary: 'where data and backups go; else experiments/NAME in the state directory',
      complete: 'directory',
    },
    'dry-run': { type: 'boolean', summary: 'show what would be done and change nothing' },
    out: { type: 'string', value: 'FILE', summary: 'save the plan and change nothing', complete: 'file' },
    ...rollOptions,
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.experiment-conclusion/v1',
  async run(context, { options, positionals: [name = '', planPath] }) {
    const [{ concludeExperiment }, { parseBaselineAfter }] = await Promise.all([
      import('../../core/conclude/conclude-experiment.ts'),
      import('../../core/conclude/baseline-after.ts'),
    ]);
    const { target, leave, remove, keep, archive, out, baseline, undo, yes, detail, ...others } = options;
    const {
      'no-monitoring': noMonitoring,
      'baseline-after': baselineAfter,
      'baseline-timer': baselineTimer,
      'dry-run': dryRun,
      'take-over': takeOver,
      ...request
    } = others;
    return concludeExperiment(context, {
      name,
      planPath,
      target,
      leave: leave ?? [],
      remove: remove ?? [],
      monitoring: noMonitoring !== true,
      baseline: baseline === true,
      baselineTimer: baselineTimer === true,
      undo: undo === true,
      baselineAfterMs: parseBaselineAfter(baselineAfter),
      keep: keep ?? [],
      archive,
      out,
      dryRun: dryRun === true,
      yes: yes === true,
      detail: detail === true,
      takeOver: takeOver === true,
      request,
    });
  },
});
