// Runs the tests: everything beside the sources and in test/, then what needs a lab; more files at a time than there are cores,
// for they wait, and labs do most of the time. `--soak` runs the long forms; arguments that are not options select files by a
// part of their path.
import { globSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { basename, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = new URL('..', import.meta.url).pathname;
const soak = process.argv.includes('--soak');
const selectors = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (soak) process.env.TEARLESS_SOAK = '1';
// As the launcher has it: hundreds of processes load the same modules.
process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tearless/compiled');

const selected = (patterns: string[]): string[] =>
  globSync(patterns, { cwd: root })
    .filter((file) => selectors.length === 0 || selectors.some((selector) => file.includes(selector)))
    .map((file) => root + file)
    .sort();

/**
 * Files of labs by how long they take, the longest first: one of those alone at the end would be waited for. What is not named
 * here comes before all: nobody has measured it.
 */
const byLength = [
  'demo',
  'live-apply',
  'fleet-faults',
  'experiment',
  'live-streak',
  'experiment-live',
  'balance-deploy',
  'conclude',
  'experiment-start',
  'balance',
  'public-gates',
  'lab-traffic',
  'live-roles',
  'live-faults',
  'balance-load',
  'live-backends',
  'conclude-began',
  'live-rehearse',
  'live-clients',
  'live-debugger',
  'balance-probe',
  'daemon',
  'worker-helper',
  'change-kill',
  'collect',
  'balance-keys',
  'cli-fleet',
  'balance-hostile',
  'host-lab',
  'lab-network',
  'balance-clients',
  'host-ssh',
  'facts',
  'lab-hosts',
  'onion-descriptor',
  'setup',
];
const rank = (file: string): number => byLength.indexOf(basename(file, '.test.ts'));

const cores = availableParallelism();
const groups = [
  {
    name: 'units',
    files: selected(['packages/*/src/**/*.test.ts', 'test/*.test.ts', 'test/cli/**/*.test.ts', 'bench/**/*.test.ts']),
    // Some wait for a compiler or a database.
    concurrency: cores + 1,
  },
  {
    name: 'integration',
    files: selected(['test/integration/**/*.test.ts']).sort((a, b) => rank(a) - rank(b)),
    concurrency: Math.min(4, cores + 1),
  },
];

const totals = { passed: 0, failed: 0, skipped: 0 };
const skips: string[] = [];
for (const group of groups) {
  if (group.files.length === 0) continue;
  // As main.ts runs.
  const execArgv = ['--no-maglev'];
  const stream = run({ files: group.files, concurrency: group.concurrency, cwd: root, execArgv });
  const count = (what: keyof typeof totals) => (event: { details?: { type?: string | undefined } }) => {
    if (event.details?.type !== 'suite') totals[what] += 1;
  };
  stream.on('test:pass', (event) => {
    if (event.skip !== undefined) skips.push(`${event.name}: ${event.skip}`);
    count(event.skip === undefined ? 'passed' : 'skipped')(event);
  });
  stream.on('test:fail', count('failed'));
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report);
}

for (const skip of skips) console.log(`skipped: ${skip}`);
console.log(
  soak ? 'long forms of every test' : 'short forms of the long tests; `npm run test:soak` runs the long ones',
);
if (totals.passed + totals.failed === 0) {
  console.log('no test was run: nothing matches');
  totals.failed = 1;
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
