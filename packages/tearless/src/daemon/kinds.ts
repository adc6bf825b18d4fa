// The kinds of steps and gates that this room brings to the registry.
import type { AnyGateKind, AnyStepKind } from '../change/step.ts';
import { allocatorLoadedGate } from './gates/allocator-loaded.ts';
import { bandwidthRecoveredGate } from './gates/bandwidth-recovered.ts';
import { bootstrappedGate } from './gates/bootstrapped.ts';
import { descriptorAcceptedGate } from './gates/descriptor-accepted.ts';
import { listedRunningGate } from './gates/listed-running.ts';
import { noNewWarningsGate } from './gates/no-new-warnings.ts';
import { orPortReachableGate } from './gates/orport-reachable.ts';
import { settingsLoadedGate } from './gates/settings-loaded.ts';
import { unitStableGate } from './gates/unit-stable.ts';
import { versionLoadedGate } from './gates/version-loaded.ts';
import { checkTorrcStep } from './steps/check-torrc.ts';
import { reloadStep } from './steps/reload.ts';
import { restartStep } from './steps/restart.ts';
import { verifyConfigStep } from './steps/verify-config.ts';

export const torSteps: readonly AnyStepKind[] = [restartStep, reloadStep, verifyConfigStep, checkTorrcStep];

export const torGates: readonly AnyGateKind[] = [
  unitStableGate,
  allocatorLoadedGate,
  versionLoadedGate,
  settingsLoadedGate,
  bootstrappedGate,
  orPortReachableGate,
  descriptorAcceptedGate,
  listedRunningGate,
  bandwidthRecoveredGate,
  noNewWarningsGate,
];
