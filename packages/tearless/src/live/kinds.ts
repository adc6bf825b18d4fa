// The kinds of steps that this room brings to the registry.
import type { AnyGateKind, AnyStepKind } from '../change/step.ts';
import { descriptorGate } from './apply/gates/descriptor.ts';
import type { LiveMeans } from './apply/means.ts';
import { injectStep } from './apply/steps/inject.ts';
import { installStep } from './apply/steps/install.ts';
import { rollBackStep } from './apply/steps/roll-back.ts';
import { useStep } from './apply/steps/use.ts';
import { trustStep } from './keys/trust-step.ts';

export const liveSteps = (means: LiveMeans): readonly AnyStepKind[] => [
  injectStep(means),
  installStep(means),
  rollBackStep(means),
  trustStep(means.sign),
  useStep,
];

export const liveGates: readonly AnyGateKind[] = [descriptorGate];
