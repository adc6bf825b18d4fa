// Every kind of step and gate that a plan may hold, from the rooms that bring them.
import { balanceGates, balanceSteps } from '../../balance/deploy/kinds.ts';
import { createRegistry } from '../../change/registry.ts';
import type { KindRegistry } from '../../change/step.ts';
import { genericSteps } from '../../change/steps/generic.ts';
import { torGates, torSteps } from '../../daemon/kinds.ts';
import { liveGates, liveSteps } from '../../live/kinds.ts';
import { liveMeans } from './live/means.ts';

export const kinds = (): KindRegistry =>
  createRegistry(
    [...genericSteps, ...torSteps, ...balanceSteps, ...liveSteps(liveMeans)],
    [...torGates, ...balanceGates, ...liveGates],
  );
