// Says whether what runs can be carried to another build, before anything is touched.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'say whether a running tor could take the code of another build, and what stands in the way',
  details:
    'Compares two builds of `live build`: every function, every type by its members’ places, every variable, and the code that is\nnever entered again. Nothing is touched. Exit code 0 where the update could be made as it is, 7 where it needs a rule or is refused.',
  examples: [
    ['tearless live verdict build-0.4.9.11 build-0.4.9.12', 'what changed, and what it means'],
    ['tearless live verdict OLD NEW --explain connection_t', 'all that changed about one name'],
  ],
  positionals: [
    { name: 'OLD', summary: 'the build that runs: a directory of live build', required: true, complete: 'directory' },
    { name: 'NEW', summary: 'the build that it is to become', required: true, complete: 'directory' },
  ],
  options: {
    rules: {
      type: 'string',
      value: 'FILE',
      summary: 'what new members begin with in objects that exist, as a person says',
      complete: 'file',
    },
    explain: { type: 'string', value: 'NAME', summary: 'only this type, variable or function' },
  },
  json: 'tearless.live-verdict/v1',
  async run(context, { options, positionals: [former = '', next = ''] }) {
    const [
      { readBuildDirectory },
      { describeOtherWords },
      { compareBuilds, readBuild },
      { decideVerdict },
      { describeDifferences, renderVerdict },
      { explain },
      { readRules },
      { resolveRules },
      { textWidth },
      { resolve },
    ] = await Promise.all([
      import('../../core/live/read-build.ts'),
      import('../../core/live/configure-words.ts'),
      import('../../../live/verdict/compare-builds.ts'),
      import('../../../live/verdict/verdict.ts'),
      import('../../core/live/lines.ts'),
      import('../../core/live/explain.ts'),
      import('../../core/live/read-rules.ts'),
      import('../../../live/rules/resolve-rules.ts'),
      import('../../core/render/wrap.ts'),
      import('node:path'),
    ]);
    const { output, surroundings } = context;
    const [old, other] = [former, next].map((path) => readBuildDirectory(resolve(surroundings.cwd, path)));
    if (old === undefined || other === undefined) return exitCodes.usage;
    const rules = readRules(context, options.rules);
    const sides = { former: readBuild(old), next: readBuild(other) };
    const differences = compareBuilds(sides.former, sides.next);
    const { declared } = resolveRules(rules, sides, differences, options.rules ?? '');
    const verdict = decideVerdict(differences, declared);
    const versions = [old.manifest.version, other.manifest.version] as const;
    const value = { from: versions[0], to: versions[1], ...verdict, ...describeDifferences(differences) };
    const { explain: name } = options;
    output.result('tearless.live-verdict/v1', JSON.parse(JSON.stringify(value)), () =>
      name === undefined
        ? renderVerdict(versions, verdict, differences, output.style, textWidth(output.columns))
        : explain(name, verdict, differences, textWidth(output.columns)),
    );
    const otherWords = describeOtherWords(
      { name: former, words: old.manifest.configure },
      { name: next, words: other.manifest.configure },
    );
    if (otherWords !== undefined) output.note(output.errorStyle.warn(otherWords));
    return verdict.verdict === 'code-only' || verdict.verdict === 'uses-reserve' ? exitCodes.done : exitCodes.findings;
  },
});
