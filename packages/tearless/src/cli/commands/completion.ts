// Prints the script that teaches a shell to complete tearless's words.
import { usageError } from '../core/cli-error.ts';
import { defineCommand } from '../core/command.ts';
import { completionScripts } from '../core/completion-scripts.ts';
import { exitCodes } from '../core/exit-codes.ts';

const shells = Object.keys(completionScripts);

export const command = defineCommand({
  summary: 'print the completion script of a shell',
  examples: [
    ['tearless completion bash >> ~/.bash_completion', 'names of hosts, relays and runs too'],
    ['tearless completion fish | source', 'for this shell only'],
  ],
  positionals: [{ name: 'SHELL', summary: shells.join(', '), required: true, complete: shells }],
  async run(context, { positionals: [shell = ''] }) {
    const script = completionScripts[shell];
    if (script === undefined) throw usageError(`no completion for '${shell}'`, `one of ${shells.join(', ')}`);
    context.surroundings.stdout.write(script);
    return exitCodes.done;
  },
});
