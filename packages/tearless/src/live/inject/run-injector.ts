// Has a host's injector carry out a plan, and reads what it says. The way to the host is handed in: it has to put the plan into a
// directory of root's own (0700), run the installed injector on that, and remove the directory.
// The injector is shipped, linked statically, by whoever makes the build: a relay need not have a compiler, which is better so,
// and every host runs the bytes that were tested. `injectorBuild` makes it where the build is made, which has a compiler.
import { z } from 'zod';
import type { ErrorDetails, ErrorKind } from '../../base/error.ts';
import type { CallResult } from '../../host/host.ts';
import { LiveError } from '../live-error.ts';
import { encodePlan, type InjectorPlan } from './encode-plan.ts';

/** Sources of native/, and how they become the program; to be followed by `-o PROGRAM` and the files. */
export const injectorBuild = {
  sources: ['injector.c', 'plan.c', 'target.c', 'trace.c', 'failure.c', 'sha256.c'],
  compiler: 'cc',
  flags: ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-static'],
} as const;

const results = ['done', 'usage', 'refused', 'given-up', 'undone', 'gone', 'broken', 'denied'] as const;

export const InjectorReport = z.object({
  schema: z.literal('tearless.injector/v1'),
  mode: z.enum(['apply', 'rollback', 'check']),
  result: z.enum(results),
  /** A word; empty when done. */
  reason: z.string().regex(/^[a-z-]*$/),
  detail: z.string(),
  /** The longest that the main thread was held at once. */
  pauseUs: z.int().nonnegative(),
  /** Of an earlier stop, of the main thread alone, in which it mapped memory. */
  mapPauseUs: z.int().nonnegative(),
  retries: z.int().nonnegative(),
  threads: z.int().nonnegative(),
  seccompSuspended: z.boolean(),
  /** Of what failed: 0 unless a hook had run, whose code may be pointed into, or the result is `broken`. */
  leftMappedBytes: z.int().nonnegative(),
});
export type InjectorReport = z.infer<typeof InjectorReport>;

export interface InjectorRequest {
  readonly mode: 'apply' | 'rollback' | 'check';
  readonly plan: InjectorPlan;
  /** The main thread is held no longer than this; rather than that, everything is as before. */
  readonly maxPauseUs: number;
  /** How long to look for a moment in which nothing is under way. */
  readonly findUs: number;
}

export interface InjectorDoor {
  readonly host: string;
  /** @param options what stands behind the directory on the injector's command line */
  inject(mode: string, plan: Uint8Array, options: readonly string[]): Promise<CallResult>;
}

const kinds: Readonly<Record<InjectorReport['result'], ErrorKind>> = {
  done: 'bug',
  usage: 'bug',
  refused: 'refused',
  'given-up': 'timeout',
  undone: 'failed',
  gone: 'failed',
  broken: 'failed',
  denied: 'denied',
};

/** Of an injector that did not do what it should, with what it said. */
export class InjectorError extends LiveError {
  readonly report: InjectorReport;

  constructor(details: ErrorDetails, report: InjectorReport) {
    super(details);
    this.report = report;
  }
}

/** @throws InjectorError `live-inject-RESULT`, LiveError `live-injector-strange` */
export const runInjector = async (door: InjectorDoor, request: InjectorRequest): Promise<InjectorReport> => {
  const { mode, plan, maxPauseUs, findUs } = request;
  const options = ['--max-pause-us', `${maxPauseUs}`, '--find-us', `${findUs}`];
  const answer = await door.inject(mode, encodePlan(plan), options);
  const report = parseReport(door.host, answer);
  if (report.result === 'done') return report;
  const details: ErrorDetails = {
    kind: kinds[report.result],
    code: `live-inject-${report.result}`,
    message: `${door.host}: process ${plan.pid}: ${detailOf(report, plan)} (${report.reason})`,
    place: 'host',
    subject: door.host,
    retryable: report.result === 'given-up',
    hint: hintOf(report, mode),
  };
  throw new InjectorError(details, report);
};

/** A hook returns the number of the step that failed. */
const detailOf = ({ reason, detail }: InjectorReport, { operations }: InjectorPlan): string => {
  const turn = reason === 'hook-failed' ? Number(/ (\d+)$/.exec(detail)?.[1]) : Number.NaN;
  const [step] = operations.flatMap((one) => (one.kind === 'hook' ? (one.steps?.[turn - 1] ?? []) : []));
  return step === undefined ? detail : `${detail}: its step ${turn} failed, which ${step}`;
};

const hints: Readonly<Record<InjectorReport['result'], string>> = {
  done: '',
  usage: 'please report this with the command that led here',
  refused: 'nothing was touched: make the plan anew for what runs there now',
  'given-up': 'everything is as before: try again when the process is less busy, or allow a longer pause',
  undone:
    'the bytes are as before; what a hook changed in memory of its own is not: look at the process, rehearse again',
  gone: 'the process has ended: its service manager says why',
  broken: 'not everything could be undone: roll back with the same plan, or restart the process',
  denied: 'mend what the reason names, or restart the process in the ordinary way',
};

/** What to do is another thing where the way back is barred, or where something only came to lie in the way. */
const hintOf = ({ result, reason }: InjectorReport, mode: InjectorRequest['mode']): string => {
  if (reason === 'address-taken') return 'everything is as before, but for what came to lie there meanwhile: try again';
  if (reason === 'hook-deadline')
    return 'allow a longer pause (--max-pause), which the hooks of an update count to; what one had changed in objects stays';
  if (reason === 'memory-differs' && mode === 'rollback')
    return 'nothing was touched: the process, or somebody else, has changed since what the update wrote; an ordinary restart is the way back';
  return hints[result];
};

/** @throws LiveError `live-injector-strange` */
export const parseReport = (host: string, { exitCode, stdout, stderr }: CallResult): InjectorReport => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    value = undefined; // told below, with what it said
  }
  const checked = InjectorReport.safeParse(value);
  if (checked.success && results.indexOf(checked.data.result) === exitCode) return checked.data;
  throw new LiveError({
    kind: 'protocol',
    code: 'live-injector-strange',
    message: `${host}: the injector ended with status ${exitCode} and no report that fits${stderr === '' ? '' : `: ${stderr.trim().slice(0, 300)}`}`,
    place: 'host',
    subject: host,
    hint: 'it may have been killed: look at what the process runs, then roll back with the same plan',
  });
};
