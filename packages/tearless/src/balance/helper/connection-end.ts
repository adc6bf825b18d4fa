// Why a connection to a worker's tor ended, as far as the difference matters: the worker is gone for certain, or only the way
// to it is, or what came over it is not to be trusted.
import { TorError } from '@tearless/tor/error.ts';
import { isDescribedError } from '../../base/error.ts';

export interface ConnectionEnd {
  /**
   * - `down`: tor ended, or does not answer
   * - `lost`: nothing is known
   * - `refused`: it sent what no tor sends
   */
  readonly kind: 'down' | 'lost' | 'refused';
  /** For people. */
  readonly why: string;
}

/** The helper on the host found no control socket, or nobody behind it. */
const noTor = 'host-not-found';

/** @param error what opening the connection, a question on it, or its end threw */
export const explainEnd = (error: unknown): ConnectionEnd => {
  if (error instanceof TorError) {
    const { code, cause, message } = error;
    if (code === 'control-closed' && cause !== undefined) return explainEnd(cause);
    // The pipe ends well only when tor hangs up.
    if (code === 'control-closed') return { kind: 'down', why: 'its tor has ended' };
    if (code === 'control-timeout') return { kind: 'down', why: 'its tor does not answer' };
    const isForeign = error.kind === 'protocol' || code === 'control-events-overflow' || !code.startsWith('control-');
    return isForeign
      ? { kind: 'refused', why: `what its helper sends is refused: ${message}` }
      : { kind: 'lost', why: message };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (!isDescribedError(error)) return { kind: 'lost', why: message };
  if (error.code === noTor) return { kind: 'down', why: `its tor does not run: ${message}` };
  // What a person has to mend stands in the status with what mends it.
  const why = error.kind === 'denied' && error.hint !== undefined ? `${message}: ${error.hint}` : message;
  return { kind: error.kind === 'protocol' ? 'refused' : 'lost', why };
};
