// Finds, names and proves what is wrong with an experiment's data and, where one is stated, with its conclusion.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'find, name and prove what is wrong with an experiment',
  details:
    'Facts are exact. Inferences have p values that are corrected together: a clean experiment raises an alarm in at most\n5 % of audits. What is true of a method alone is judged against a stated conclusion, else told as a note. Ends with 7\nwhen a fact or an inference counts against the data. docs/explanation/what-goes-wrong-in-experiments.md lists the codes.',
  examples: [
    ['tearless experiment audit co', 'what is wrong with the data'],
    ['tearless experiment audit co --conclusion published.yaml', 'and with what was concluded from it'],
  ],
  positionals: [{ name: 'NAME', summary: 'the experiment', required: true }],
  options: {
    conclusion: {
      type: 'string',
      value: 'FILE',
      summary: 'what was concluded, in YAML or JSON: method, instant, arms, figures, correction',
      complete: 'file',
    },
    seed: {
      type: 'string',
      value: 'TEXT',
      summary: "for p values by random permutation; default: the experiment's name",
    },
  },
  json: 'tearless.experiment-audit/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { loadMeasurements }, { auditMeasurements, isProblem }, { renderAudit }] =
      await Promise.all([
        import('../../core/journal-store.ts'),
        import('../../../experiments/load/load-measurements.ts'),
        import('../../../experiments/audit/audit.ts'),
        import('../../core/render/audit-lines.ts'),
      ]);
    const { output } = context;
    await using store = await openJournal(context);
    const measurements = await loadMeasurements(store, name);
    const armIds = measurements.info.arms.map(({ id }) => id);
    const conclusion =
      options.conclusion === undefined
        ? undefined
        : await (await import('../../core/conclusion-file.ts')).readConclusionFile(context, options.conclusion, armIds);
    const findings = auditMeasurements(measurements, {
      conclusion,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    });
    const samples = measurements.samples.reduce((sum, { atMs }) => sum + atMs.length, 0);
    const value = { experiment: name, samples, findings: JSON.parse(JSON.stringify(findings)) } as JsonObject;
    output.result('tearless.experiment-audit/v1', value, () =>
      renderAudit(name, findings, output.style, output.columns, samples),
    );
    return findings.some(isProblem) ? exitCodes.findings : exitCodes.done;
  },
});
