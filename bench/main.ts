// `npm run -s bench [-- NAME…] [--json]`: runs the benchmarks beside this file, all or those named. Results go to standard
// output, progress to standard error. Exit codes: 0; 1 when a limit is broken or a benchmark could not run; 64 usage; 130.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { type Benchmark, isBroken, type Measurement } from './core/benchmark.ts';
import { renderJson, renderTable } from './core/report.ts';

// As main.ts of the product runs, and for its reason.
setFlagsFromString('--no-maglev');

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

const end = (exitCode: number, text: string): never => {
  say(text);
  process.exit(exitCode);
};

/** The files of this folder, each with one benchmark. */
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== basename(import.meta.filename))
  .map((file) => basename(file, '.ts'))
  .sort();

const readArguments = (): { names: readonly string[]; json: boolean } => {
  try {
    const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) end(64, `there is no benchmark '${unknown}'; there are ${known.join(', ')}`);
    return { names: positionals, json: values.json === true };
  } catch (error) {
    return end(64, `${error instanceof Error ? error.message : String(error)}\nbench: [--json] [${known.join('|')}]…`);
  }
};

/** @throws Error when packages are missing and cannot be installed; what and why was said by the script */
const setUp = (groups: readonly string[]): void => {
  const script = join(import.meta.dirname, '../scripts/setup.sh');
  const { status } = spawnSync('sh', [script, ...groups], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`the Debian packages of ${groups.join(', ')} are missing`);
};

const { names, json } = readArguments();
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    say('interrupted; stopping what was started');
    interrupt.abort(new Error(`interrupted by ${signal}`));
  });
}

const measurements: Measurement[] = [];
let failed = false;
for (const name of known.filter((each) => names.length === 0 || names.includes(each))) {
  if (interrupt.signal.aborted) break;
  const { benchmark } = (await import(join(import.meta.dirname, `${name}.ts`))) as { benchmark: Benchmark };
  say(`${name}: ${benchmark.summary}`);
  const reason = benchmark.unavailable?.();
  if (reason !== undefined) {
    say(`${name}: skipped: ${reason}`);
    if (names.includes(name)) failed = true;
    continue;
  }
  try {
    if (benchmark.packages !== undefined) setUp(benchmark.packages);
    const progress = (doing: string): void => say(`${name}: ${doing}`);
    measurements.push(...(await benchmark.run({ progress, signal: interrupt.signal })));
  } catch (error) {
    failed = true;
    if (!interrupt.signal.aborted) say(`${name}: failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

if (interrupt.signal.aborted) process.exitCode = 130;
else {
  const lines = json ? [renderJson(measurements)] : renderTable(measurements);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = failed || measurements.some(isBroken) ? 1 : 0;
}
