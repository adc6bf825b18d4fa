// Runs commands on a host from outside, as its root and without ssh: for setting up, and for a reader that does not share
// the way the product reaches hosts.
import { LabError } from '../base/lab-error.ts';
import { lastLines, type RunOptions, type RunResult, tryRun } from '../base/run.ts';
import type { LabHost } from './host-record.ts';
import { readLeader } from './leader.ts';

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
};

export type ExecOptions = Omit<RunOptions, 'env' | 'cwd'>;

/** The command that runs `argv` on a host as its root; for a caller that needs the process itself. */
export const onHost = (host: LabHost, argv: readonly string[]): string[] => {
  const leader = readLeader(host);
  if (leader === undefined) {
    const hint = 'start it first';
    throw new LabError('lab-host-down', `the host ${host.name} of lab ${host.lab} is not running`, {
      kind: 'failed',
      hint,
    });
  }
  return ['nsenter', '--target', String(leader.pid), '--all', '--wd', '--', ...argv];
};

/** Runs a command on a host as its root and gives how it ended. @throws LabError `lab-host-down` */
export const tryExecOnHost = async (
  host: LabHost,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<RunResult> => await tryRun(onHost(host, argv), { ...options, env: environment });

/** Runs a command on a host that must succeed; gives its standard output. @throws LabError `lab-host-command-failed` */
export const execOnHost = async (
  host: LabHost,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<string> => {
  const result = await tryExecOnHost(host, argv, options);
  if (result.code === 0) return result.stdout;
  const said = lastLines(result.stderr === '' ? result.stdout : result.stderr);
  throw new LabError('lab-host-command-failed', `${argv[0]} on ${host.name}: exit code ${result.code}\n${said}`, {
    kind: 'failed',
  });
};
