// Ends a lab and removes everything of it.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'end a lab and remove everything of it',
  examples: [['tearless lab down', 'processes, namespaces, mounts, files']],
  positionals: [{ name: 'NAME', summary: "the lab's name; lab by default" }],
  json: 'tearless.lab-down/v1',
  async run(context, { positionals: [name = 'lab'] }) {
    const [{ dropLab }, { readLab }, { asCliError }] = await Promise.all([
      import('@tearless/lab/base/claim-lab.ts'),
      import('@tearless/lab/base/lab-state.ts'),
      import('../../core/lab-error.ts'),
    ]);
    try {
      const wasThere = readLab(name) !== undefined;
      await dropLab(name);
      context.output.result('tearless.lab-down/v1', { name, wasThere }, () => [
        wasThere ? `lab ${name} is gone` : `there was no lab ${name}`,
      ]);
      return exitCodes.done;
    } catch (error) {
      throw asCliError(error);
    }
  },
});
