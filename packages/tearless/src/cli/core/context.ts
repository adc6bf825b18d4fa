// What a command's handler receives: its surroundings, its output, and the options that every command has.
import type { Surroundings } from './io.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** `--config`, where it was given. */
  readonly configOption: string | undefined;
  /** `--store`, where it was given. */
  readonly storeOption: string | undefined;
  /** Aborted by the second interrupt. */
  readonly signal: AbortSignal;
  /** Calls back at the first interrupt, which asks for a stop after the current step. */
  onStopRequested(callback: () => void): () => void;
}
