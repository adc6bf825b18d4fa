// What keeps an experiment from being analysed.
import { ExperimentError } from '../model/experiment-error.ts';

/** Codes: `experiment-no-arms`, `experiment-no-samples`, `experiment-window-empty`, `experiment-arm-unknown`. */
export class AnalysisError extends ExperimentError {
  constructor(code: `experiment-${string}`, message: string, hint: string) {
    super({ kind: code === 'experiment-arm-unknown' ? 'not-found' : 'refused', code, message, hint });
  }
}
