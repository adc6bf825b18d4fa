// What keeps an experiment from being analysed.
import { TearlessError } from '../../base/error.ts';

/** Codes: `experiment-no-arms`, `experiment-no-samples`, `experiment-window-empty`, `experiment-arm-unknown`. */
export class AnalysisError extends TearlessError {
  constructor(code: `experiment-${string}`, message: string, hint: string) {
    super({ kind: code === 'experiment-arm-unknown' ? 'not-found' : 'refused', code, message, hint });
  }
}
