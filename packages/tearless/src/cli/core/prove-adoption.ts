// Reads the hosts of an adoption, writes the configuration in memory, and plans with it: only one that changes nothing is
// handed out. Touches no file and no host.
import { resolveDesired } from '../../config/desired.ts';
import { parseConfig } from '../../config/parse.ts';
import type { AdoptedFleet } from '../../relays/adopt.ts';
import { adoptInto } from './adopt-fleet.ts';
import type { AdoptTarget } from './adopt-target.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { createHosts } from './hosts.ts';
import { makePlan } from './make-plan.ts';
import { observeFleet } from './observe.ts';
import { renderFindings, renderUnreachable } from './render/finding-lines.ts';
import { renderPlanLines } from './render/plan-lines.ts';
import { statePaths } from './state-paths.ts';

export interface ProvedAdoption extends AdoptedFleet {
  readonly fleet: string;
}

/** @throws CliError `adopt-unreachable`, `adopt-plan-not-empty`; RelaysError where no plan can be made */
export const proveAdoption = async (target: AdoptTarget, context: CommandContext): Promise<ProvedAdoption> => {
  const { output, surroundings } = context;
  const note = (lines: readonly string[]) => {
    if (!output.json) for (const line of lines) output.note(line);
  };
  const hosts = createHosts(target.config, target, statePaths(surroundings));
  try {
    const seen = await observeFleet({ desired: resolveDesired(target.config), hosts }, target.names, context);
    if (seen.unreachable.size > 0) {
      note(renderUnreachable(seen.unreachable, output.errorStyle));
      throw new CliError({
        kind: 'unreachable',
        code: 'adopt-unreachable',
        message: `${[...seen.unreachable.keys()].join(', ')} did not answer: nothing was written`,
        hint: 'mend the way there, or name only the hosts that answer',
        cause: [...seen.unreachable.values()][0],
      });
    }
    const adopted = adoptInto(target, seen.hosts);
    const desired = resolveDesired(parseConfig(adopted.text, target.path));
    // That no relay can tell the consensus matters to what costs something; this plan shall do nothing.
    const quiet = { ...context, output: { ...output, note: () => {} } };
    const plan = await makePlan({ desired, hosts }, {}, quiet);
    note(renderFindings(adopted.notes, output.errorStyle));
    if (plan.items.length > 0) {
      note(renderPlanLines(plan, { detail: true }, output.errorStyle));
      throw new CliError({
        kind: 'findings',
        code: 'adopt-plan-not-empty',
        message: `a plan made with what was found would change ${plan.items.length}: nothing was written`,
        hint: 'if the fleet changed meanwhile, run it again; else please report it with the plan above',
      });
    }
    const { dim, warn } = output.errorStyle;
    note(
      plan.warnings
        .filter(({ code }) => code.startsWith('family'))
        .map(({ code, message }) => `${warn('warning')} ${dim(code)}: ${message}`),
    );
    return { ...adopted, fleet: desired.fleet };
  } finally {
    await hosts.close();
  }
};
