// Collects until it is stopped. A host that is away, a store that is busy, a configuration that cannot be read at the moment:
// each is said, and the next instant comes.
import { isDescribedError } from '../../../base/error.ts';
import { repeatEvery } from '../../../experiments/collect/schedule.ts';
import { readConfigFile } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Fleet, openFleet } from '../fleet.ts';

export interface KeepCollecting {
  readonly everyMs: number;
  /** Takes one collection and prints it. */
  readonly collect: (fleet: Fleet, plannedMs: number) => Promise<ExitCode>;
}

/** The fleet as its configuration now says: opened anew when the file has changed, so that experiments begin and end. */
class CurrentFleet implements AsyncDisposable {
  readonly #context: CommandContext;
  #fleet: Fleet | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async get(): Promise<Fleet> {
    if (this.#fleet !== undefined && readConfigFile(this.#context).text === this.#fleet.file.text) return this.#fleet;
    const fleet = await openFleet(this.#context);
    await this[Symbol.asyncDispose]();
    this.#fleet = fleet;
    return fleet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const fleet = this.#fleet;
    this.#fleet = undefined;
    await fleet?.[Symbol.asyncDispose]();
  }
}

/**
 * The first interrupt ends it after the collection under way.
 * @returns how the last collection ended
 */
export const keepCollecting = async (
  context: CommandContext,
  { everyMs, collect }: KeepCollecting,
): Promise<ExitCode> => {
  const { output, surroundings, signal } = context;
  const stop = new AbortController();
  const forget = context.onStopRequested(() => stop.abort());
  await using current = new CurrentFleet(context);
  let last: ExitCode = exitCodes.done;
  let collected = false;
  try {
    await repeatEvery({
      everyMs,
      clock: surroundings.clock,
      stop: AbortSignal.any([stop.signal, signal]),
      work: async (plannedMs) => {
        try {
          last = await collect(await current.get(), plannedMs);
          collected = true;
        } catch (error) {
          // What is wrong at the very first time is wrong with the call; later it may pass.
          if (!collected || signal.aborted || !isDescribedError(error) || error.kind === 'bug') throw error;
          last = exitCodes.error;
          output.note(`not collected at ${new Date(plannedMs).toISOString()}: ${error.message}`);
        }
      },
      onMissed: (count) =>
        output.note(
          `${count === 1 ? 'an instant' : `${count} instants`} passed while a collection was still under way`,
        ),
    });
  } finally {
    forget();
  }
  return last;
};
