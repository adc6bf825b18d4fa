// A rehearsal on this machine: the lab brings the private network, the injector works on the twin, and all of it is ended afterwards.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import { judgeUpdate } from '../../../live/apply/prepare-update.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { LiveCensus } from '../../../live/rehearse/census.ts';
import { rehearse } from '../../../live/rehearse/rehearse.ts';
import type { RehearsalReport } from '../../../live/rehearse/report.ts';
import type { Rules } from '../../../live/rules/rules.ts';
import { Streak } from '../../../live/streak/streak.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { asCliError } from '../lab-error.ts';
import { ensureInjector } from './ensure-injector.ts';
import { liveMeans } from './means.ts';
import { openProcessDoor } from './process-door.ts';
import { readRules } from './read-rules.ts';
import { describePhase } from './rehearsal-lines.ts';

export interface RehearsalOrder {
  /** Directories of builds. */
  readonly from: string;
  readonly to: string;
  readonly rules: string | undefined;
  readonly census: LiveCensus | undefined;
  readonly maxPauseUs: number;
}

const findUs = 60_000_000;

/** @throws LiveError `live-verdict-refused`, before anything is started */
const refuseImpossible = (former: LiveBuild, next: LiveBuild, rules: Rules | undefined): void => {
  const { verdict, reasons } = judgeUpdate(former, next, rules);
  if (verdict === 'code-only' || verdict === 'uses-reserve') return;
  const first = reasons.find(({ weight }) => weight === verdict);
  throw new LiveError({
    kind: 'refused',
    code: 'live-verdict-refused',
    message: `there is nothing to rehearse: ${first === undefined ? verdict : `${first.subject}: ${first.detail}`}`,
    hint: "'tearless live verdict' names everything; hand in with --rules what a rule has to say",
  });
};

/** @throws LiveError `live-verdict-refused`, before anything is started; CliError of the lab */
export const rehearseStep = async (context: CommandContext, order: RehearsalOrder): Promise<RehearsalReport> => {
  const { surroundings, output, signal } = context;
  const [former, next] = [order.from, order.to].map((path) => liveMeans.readBuild(resolve(surroundings.cwd, path)));
  if (former === undefined || next === undefined) throw new TypeError('two builds, or an error above');
  const rules = readRules(context, order.rules);
  refuseImpossible(former, next, rules);
  const [{ startTwinLab }, { path: injector }] = await Promise.all([
    import('@tearless/lab/twin/twin-lab.ts'),
    ensureInjector(context),
  ]);
  const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
  const door = openProcessDoor(host, injector, signal);
  try {
    const network = await startTwinLab({
      name: `twin${process.pid}`,
      tor: join(resolve(surroundings.cwd, order.from), 'tor'),
      ownerPid: process.pid,
      signal,
      onProgress: (text) => output.note(`private network: ${text}`),
    });
    try {
      return await rehearse({
        former,
        next,
        rules,
        rulesSha256: order.rules === undefined ? null : sha256Hex(readFileSync(resolve(surroundings.cwd, order.rules))),
        census: order.census,
        network,
        begin: (pid) => Streak.begin({ door, pid, build: former, maxPauseUs: order.maxPauseUs, findUs }),
        at: new Date(surroundings.clock.now()).toISOString(),
        onPhase: (phase) => output.note(`twin: ${describePhase(phase)}`),
      });
    } finally {
      await network.stop();
    }
  } catch (error) {
    throw asCliError(error);
  } finally {
    await host.close();
  }
};
