// Runs a command on a host of a lab as its root, from outside: not by the way that tearless itself goes.
import { defineCommand } from '../../core/command.ts';
import type { ExitCode } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'run a command on a host of a lab, as its root',
  examples: [['tearless lab exec lab h1 -- systemctl status tor@alpha', 'its output and its exit code']],
  positionals: [
    { name: 'NAME', summary: "the lab's name", required: true },
    { name: 'HOST', summary: 'one of its hosts', required: true },
    { name: 'COMMAND', summary: 'and its arguments, behind --', required: true, variadic: true },
  ],
  async run(context, { positionals: [name = '', hostName = '', ...argv] }) {
    const [{ tryExecOnHost }, { readHost }, { findLab }, { asCliError }] = await Promise.all([
      import('@tearless/lab/hosts/exec.ts'),
      import('@tearless/lab/hosts/host-record.ts'),
      import('../../core/lab-record.ts'),
      import('../../core/lab-error.ts'),
    ]);
    try {
      const host = readHost(findLab(name).name, hostName);
      const { code, stdout, stderr } = await tryExecOnHost(host, argv, { signal: context.signal });
      context.surroundings.stdout.write(stdout);
      context.surroundings.stderr.write(stderr);
      return (code ?? 1) as ExitCode;
    } catch (error) {
      throw asCliError(error);
    }
  },
});
