// Checks the rules of a release against the builds before and after it.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'check the rules of a live update against both builds, and say what they leave open',
  details:
    'Every type, member, variable and function that the rules name is looked up in the debug information, every value must fit, and every\nway must lead to the type that it says. Nothing is touched. Exit code 0 where the update could be made with them, 7 where it still\nneeds another rule or is refused.',
  examples: [['tearless live rules check rules.yaml build-0.4.9.11 build-0.4.9.12', 'before an update is planned']],
  positionals: [
    { name: 'FILE', summary: 'the rules', required: true, complete: 'file' },
    { name: 'OLD', summary: 'the build that runs: a directory of live build', required: true, complete: 'directory' },
    { name: 'NEW', summary: 'the build that it is to become', required: true, complete: 'directory' },
  ],
  options: {},
  json: 'tearless.live-rules-check/v1',
  async run(context, { positionals: [file = '', former = '', next = ''] }) {
    const [
      { readBuildDirectory },
      { compareBuilds, readBuild },
      { decideVerdict },
      { readRules },
      { resolveRules },
      { renderRulesCheck },
      { resolve },
    ] = await Promise.all([
      import('../../../core/live/read-build.ts'),
      import('../../../../live/verdict/compare-builds.ts'),
      import('../../../../live/verdict/verdict.ts'),
      import('../../../core/live/read-rules.ts'),
      import('../../../../live/rules/resolve-rules.ts'),
      import('../../../core/live/rules-lines.ts'),
      import('node:path'),
    ]);
    const { output, surroundings } = context;
    const rules = readRules(context, file);
    const [old, other] = [former, next].map((path) => readBuildDirectory(resolve(surroundings.cwd, path)));
    if (old === undefined || other === undefined) return exitCodes.usage;
    const sides = { former: readBuild(old), next: readBuild(other) };
    const differences = compareBuilds(sides.former, sides.next);
    const { declared, actions } = resolveRules(rules, sides, differences, file);
    const { verdict, reasons } = decideVerdict(differences, declared);
    const open = reasons.filter(({ weight }) => weight === 'needs-rule' || weight === 'refuse');
    const value = {
      from: old.manifest.version,
      to: other.manifest.version,
      members: [...declared.members],
      keep: [...declared.keep],
      anew: [...declared.anew.keys()],
      passing: [...declared.passing],
      gone: [...declared.gone],
      up: actions.members.length + actions.up.length,
      down: actions.down.length,
      verdict,
      open,
    };
    output.result('tearless.live-rules-check/v1', JSON.parse(JSON.stringify(value)), () =>
      renderRulesCheck(file, value, output.style),
    );
    return open.length === 0 ? exitCodes.done : exitCodes.findings;
  },
});
