// Everything that an experiment is thought to have left on a fleet's hosts, each with its evidence. Pure: reads facts.
import type { HostFacts } from '../../facts/observed.ts';
import { discoverCron } from './discover-cron.ts';
import { discoverDropIns } from './discover-drop-ins.ts';
import { discoverOptions } from './discover-options.ts';
import { discoverTimers } from './discover-timers.ts';
import type { EndedExperiment } from './ended-experiment.ts';
import type { Leaving } from './leaving.ts';

export interface DiscoverInput {
  readonly experiment: EndedExperiment;
  readonly hosts: readonly HostFacts[];
  /** Whether the configuration decides a torrc option for a relay. */
  readonly isDeclared: (relay: string, option: string) => boolean;
}

export const discoverLeavings = ({ experiment, hosts, isDeclared }: DiscoverInput): Leaving[] =>
  hosts.flatMap((facts) => [
    ...discoverTimers(facts, experiment),
    ...discoverDropIns(facts, experiment),
    ...discoverOptions(facts, experiment, isDeclared),
    ...discoverCron(facts, experiment.id),
  ]);
