// The kinds of steps and gates that deploying workers brings to the registry.
import type { AnyGateKind, AnyStepKind } from '../../change/step.ts';
import { serviceDescribedGate } from './gates/service-described.ts';
import { obConfigStep } from './steps/ob-config.ts';
import { reloadServicesStep } from './steps/reload-services.ts';
import { serviceDirStep } from './steps/service-dir.ts';

export const balanceSteps: readonly AnyStepKind[] = [serviceDirStep, obConfigStep, reloadServicesStep];
export const balanceGates: readonly AnyGateKind[] = [serviceDescribedGate];
