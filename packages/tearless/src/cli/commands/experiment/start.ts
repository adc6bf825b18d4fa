// Starts a designed experiment through the change engine: every relay of it restarts once, in its random order.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { liveWishOptions } from '../../core/live/live-wish-options.ts';
import { planOptions } from '../../core/plan-options.ts';

const { limit: _, 'avoid-flag-loss': __, ...startOptions } = planOptions;

export const command = defineCommand({
  summary: 'give the relays of an experiment their treatment, control included',
  details:
    'Plans, shows and asks: each relay of every arm is restarted once, in one random order interleaved across arms, behind the\nusual gates and within the usual limits. What must wait for HSDir flags is named; the same call goes on with it later. The same\ncall also finishes a start that was interrupted or killed. Afterwards the experiment is under way, and its arms win over settings.',
  examples: [
    ['tearless experiment start mem', 'plan, show, ask, change'],
    ['tearless experiment start mem --out start.plan', 'only save the plan'],
    ['tearless experiment start mem start.plan --yes', 'exactly the saved plan'],
    ['tearless experiment start upd --to build-0.4.9.12', 'one whose arms take live updates'],
  ],
  positionals: [
    { name: 'NAME', summary: 'an experiment of tearless.yaml', required: true, complete: 'experiment' },
    { name: 'PLAN', summary: 'a plan saved by --out', complete: 'file' },
  ],
  options: {
    ...startOptions,
    ...liveWishOptions,
    to: {
      type: 'string',
      value: 'BUILD',
      summary: 'where arms take a live update: the build that every relay becomes',
      complete: 'directory',
    },
    out: { type: 'string', value: 'FILE', summary: 'save the plan and change nothing', complete: 'file' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.experiment-start/v1',
  async run(context, { options, positionals: [name = '', planPath] }) {
    const { startExperiment } = await import('../../core/start-experiment.ts');
    const { out, yes = false, detail = false, 'take-over': takeOver = false, ...others } = options;
    const { to, builds, rules, key, 'max-pause': maxPause = '20ms', ...request } = others;
    const live = to === undefined ? undefined : { to, builds, rules, key, maxPause };
    return startExperiment(context, { name, planPath, out, yes, detail, takeOver, request, live });
  },
});
