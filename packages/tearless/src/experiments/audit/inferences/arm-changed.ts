// `arm-changed`: relays changed arm or treatment during the run, or rows are labelled before the treatment was active.
import { type InferenceCheck, inquire } from '../check.ts';
import { testEarlyLabels, testLabels, testLateLabels } from './arm-labels.ts';
import { testLateActivation } from './late-activation.ts';
import { testProofs } from './loaded-allocator.ts';

export const suspectChangedArms: InferenceCheck = (view) =>
  inquire([
    ...testLabels(view),
    ...testLateLabels(view),
    ...view.arms.flatMap((arm) => [
      ...testProofs(view, arm),
      ...testEarlyLabels(view, arm),
      ...testLateActivation(view, arm),
    ]),
  ]);
