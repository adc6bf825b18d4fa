// Errors of onion service descriptors. Lines are counted within the layer that the message names.
import { TorError } from '../error.ts';

export type LayerName = 'outer' | 'middle' | 'inner';

/** @param problem becomes the error code `hsdesc-PROBLEM` */
export function hsdescError(problem: string, what: string, line?: number): TorError {
  const where = line === undefined ? '' : `line ${line}: `;
  return new TorError(`${where}${what}`, { kind: 'protocol', code: `hsdesc-${problem}`, place: 'network', line });
}

/**
 * Of one introduction point, which its descriptor goes on without. A value that is looked at, so without a stack: taking one
 * lasts as long as reading the point.
 */
export function introPointError(problem: string, what: string, line?: number): TorError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return hsdescError(problem, what, line);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whatever is refused inside says in which layer it was. Codes and lines stay. */
export function inLayer<T>(layer: LayerName, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    const { kind, code, place, hint, line } = error;
    const message = `${layer} layer of an onion service descriptor: ${error.message}`;
    throw new TorError(message, { kind, code, place, hint, line, cause: error.cause ?? error });
  }
}
