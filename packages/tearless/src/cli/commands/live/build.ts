// Builds a release tree of C tor so that its code can be compared and linked piece by piece.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'build a release tree of C tor so that live updates can be judged',
  details:
    'Copies the tree, sets room aside at the end of structs that live on the heap, and compiles the copy: each function and object in\na section of its own, with debug information. DIR gets tor, tor.o (all of it as one relocatable file), manifest.json,\nledger.json and build.log; with --debian also a package, which lies beside the stock one and restarts nothing. A later release built with --after keeps\nall members where they were, new ones come into the room, and it is configured as the former was, but for what is said anew.',
  examples: [
    ['tearless live build tor-0.4.9.11 --out build-0.4.9.11', 'a release as it is published'],
    [
      'tearless live build tor-0.4.9.12 --out build-0.4.9.12 --after build-0.4.9.11',
      'the next one, with the same layouts',
    ],
    [
      'tearless live build --debian --out build-debian',
      "the archive's source package, built and packaged as Debian does",
    ],
    ['tearless live build tor --out b -- --disable-zstd', 'further words for its configure'],
  ],
  positionals: [
    { name: 'SOURCE', summary: 'the tree, with its configure; none with --debian', complete: 'directory' },
    { name: 'OPTION', summary: 'further options for configure, behind --', variadic: true },
  ],
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      summary: 'where the build goes; must not be there yet',
      complete: 'directory',
    },
    debian: { type: 'boolean', summary: "the archive's source package, by the lists of this machine" },
    after: {
      type: 'string',
      value: 'BUILD',
      summary: 'keep the layouts of this build, of the release before, and its words of configure',
      complete: 'directory',
    },
    reserve: {
      type: 'string',
      value: 'N',
      summary: 'set N longs aside in each struct; 8 by default, 0 for layouts as the release has them',
    },
    jobs: { type: 'string', value: 'N', summary: 'how many compilers at once; 2 by default' },
  },
  json: 'tearless.live-build/v1',
  async run(context, { options, positionals }) {
    const [{ buildTree }, { readJobs }, { usageError }] = await Promise.all([
      import('../../core/live/build-tree.ts'),
      import('../../core/live/read-jobs.ts'),
      import('../../core/cli-error.ts'),
    ]);
    const isDebian = options.debian === true;
    const source = isDebian ? undefined : positionals[0];
    if (!isDebian && source === undefined) throw usageError('which tree?', 'SOURCE, or --debian');
    if (isDebian && positionals.some((word) => !/^(?:-|[A-Z]+=)/.test(word)))
      throw usageError('--debian takes no SOURCE', 'one of both');
    if (options.out === undefined) throw usageError('where shall the build go?', '--out DIR');
    const reserveLongs = Number(options.reserve ?? 8);
    if (!Number.isInteger(reserveLongs) || reserveLongs < 0 || reserveLongs > 64)
      throw usageError(`--reserve ${options.reserve} is no number of longs`, '0 to 64');
    if (options.after !== undefined && reserveLongs === 0)
      throw usageError('without room there is nothing to keep', 'leave out --after, or --reserve 0');
    const manifest = await buildTree(context, {
      source,
      out: options.out,
      jobs: readJobs(options.jobs),
      reserveLongs,
      after: options.after,
      configure: positionals.slice(isDebian ? 0 : 1),
    });
    context.output.result('tearless.live-build/v1', JSON.parse(JSON.stringify(manifest)), () => [
      `tor ${manifest.version}, build-id ${manifest.buildId.slice(0, 16)}…, in ${options.out}`,
      ...(manifest.debian === undefined ? [] : [`package ${manifest.debian.package.file}`]),
    ]);
    return exitCodes.done;
  },
});
