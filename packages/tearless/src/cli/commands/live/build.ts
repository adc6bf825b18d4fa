// Builds a release tree of C tor so that its code can be compared and linked piece by piece.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'build a release tree of C tor so that live updates can be judged',
  details:
    'Configures and compiles outside the tree, which is not touched: each function and object in a section of its own, with debug\ninformation. DIR gets tor, tor.o (all of it as one relocatable file), manifest.json and build.log. Layouts are those of the\nrelease: no space is set aside in them.',
  examples: [
    ['tearless live build tor-0.4.9.11 --out build-0.4.9.11', 'a release as it is published'],
    ['tearless live build tor --out b -- --disable-zstd', 'further words for its configure'],
  ],
  positionals: [
    { name: 'SOURCE', summary: 'the tree, with its configure', required: true, complete: 'directory' },
    { name: 'OPTION', summary: 'further options for configure, behind --', variadic: true },
  ],
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      summary: 'where the build goes; must not be there yet',
      complete: 'directory',
    },
    jobs: { type: 'string', value: 'N', summary: 'how many compilers at once; 2 by default' },
  },
  json: 'tearless.live-build/v1',
  async run(context, { options, positionals: [source = '', ...configure] }) {
    const [{ buildTree }, { usageError }] = await Promise.all([
      import('../../core/live/build-tree.ts'),
      import('../../core/cli-error.ts'),
    ]);
    if (options.out === undefined) throw usageError('where shall the build go?', '--out DIR');
    const jobs = Number(options.jobs ?? 2);
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 256)
      throw usageError(`--jobs ${options.jobs} is no number of compilers`, '1 to 256');
    const manifest = await buildTree(context, { source, out: options.out, jobs, configure });
    context.output.result('tearless.live-build/v1', JSON.parse(JSON.stringify(manifest)), () => [
      `tor ${manifest.version}, build-id ${manifest.buildId.slice(0, 16)}…, in ${options.out}`,
    ]);
    return exitCodes.done;
  },
});
