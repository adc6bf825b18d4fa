// A running helper that turns into a pipe to a control socket: its request goes out, one line of its own comes back, and from
// then on every byte is the pipe's.
import type { Duplex } from 'node:stream';
import { HostError, lastLines, timeoutError } from './host-error.ts';
import { ProcessDuplex } from './process-duplex.ts';
import type { RunningCommand } from './transport.ts';

export interface PipeOptions {
  /** The host's name, for messages. */
  readonly name: string;
  /** What the helper must be sent first. */
  readonly request: Uint8Array;
  readonly signal: AbortSignal | undefined;
  /** For its one line; 30 s by default. */
  readonly timeoutMs?: number;
  /** The error for how it ended; undefined when it ended well. */
  readonly failure: (exitCode: number | null, stderr: string) => Promise<Error | undefined>;
}

const ready = 'tearless-control ready';

/** A tor answers who asks to be let in from its main loop, at once; one that stands still never does. */
const defaultTimeoutMs = 30_000;

/** More than this before the first line end is no helper's. */
const longestGreetingBytes = 4096;
const keptStderrCharacters = 64 * 1024;
/** One that ends of itself does so at once. */
const endsWithinMs = 1_000;

/** @throws HostError what `failure` makes of it, `host-timeout` or `host-answer-bad`; the signal's reason when aborted */
export const openPipe = async (running: RunningCommand, options: PipeOptions): Promise<Duplex> => {
  const { name, request, signal, timeoutMs = defaultTimeoutMs, failure } = options;
  const stop = (): void => running.kill();
  const deadline = AbortSignal.timeout(timeoutMs);
  const ending = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  ending.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    running.stdin.write(request);
    await readReady(running, options);
    signal?.throwIfAborted();
    return new ProcessDuplex(running, { failure });
  } catch (error) {
    running.kill();
    if (signal?.aborted === true) throw signal.reason;
    throw deadline.aborted ? timeoutError(name, 'opening a control connection', timeoutMs, '') : error;
  } finally {
    ending.removeEventListener('abort', stop);
  }
};

/** Waits for the helper's one line of its own; what follows it stays in the stream. */
const readReady = async (running: RunningCommand, { name, failure }: PipeOptions): Promise<void> => {
  let said = '';
  const onError = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-keptStderrCharacters);
  };
  running.stderr.on('data', onError);
  try {
    const text = await readGreeting(running);
    const end = text.indexOf('\n');
    if (end !== -1 && text.subarray(0, end).toString() === ready) {
      if (end + 1 < text.length) running.stdout.unshift(text.subarray(end + 1));
      return;
    }
    // A helper that refuses may have said something before: its end tells why.
    running.stdout.resume();
    const ended = await within(running.ended, endsWithinMs);
    throw (ended === undefined ? undefined : await failure(ended.exitCode, said)) ?? foreign(name, text);
  } finally {
    running.stderr.off('data', onError);
  }
};

/** What it writes up to its first line end and what came with that; all that there was when it ended without one. */
const readGreeting = (running: RunningCommand): Promise<Buffer> =>
  new Promise((resolve) => {
    let text = Buffer.alloc(0);
    const settle = (): void => {
      running.stdout.off('data', onData);
      running.stdout.pause();
      resolve(text);
    };
    const onData = (chunk: Buffer): void => {
      text = Buffer.concat([text, chunk]);
      if (text.includes('\n') || text.length > longestGreetingBytes) settle();
    };
    running.stdout.on('data', onData);
    void running.ended.then(settle);
  });

const within = async <T>(promise: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

const foreign = (name: string, text: Buffer): HostError =>
  new HostError({
    kind: 'protocol',
    code: 'host-answer-bad',
    message: `${name}: the helper opened a control connection in an unknown form: ${JSON.stringify(lastLines(text.subarray(0, 200).toString(), 1)[0] ?? '')}`,
    subject: name,
  });
