// A running helper that turns into a pipe to a control socket: its request goes out, one line of its own comes back, and from
// then on every byte is the pipe's.
import type { Duplex } from 'node:stream';
import { HostError, lastLines } from './host-error.ts';
import { ProcessDuplex } from './process-duplex.ts';
import type { RunningCommand } from './transport.ts';

export interface PipeOptions {
  /** The host's name, for messages. */
  readonly name: string;
  /** What the helper must be sent first. */
  readonly request: Uint8Array;
  readonly signal: AbortSignal | undefined;
  /** The error for how it ended; undefined when it ended well. */
  readonly failure: (exitCode: number | null, stderr: string) => Promise<Error | undefined>;
}

const ready = 'tearless-control ready';

/** More than this before the first line end is no helper's. */
const longestGreetingBytes = 4096;
const keptStderrCharacters = 64 * 1024;

/** @throws HostError what `failure` makes of it, or `host-answer-bad`; the signal's reason when aborted */
export const openPipe = async (running: RunningCommand, options: PipeOptions): Promise<Duplex> => {
  const { request, signal, failure } = options;
  const stop = (): void => running.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    running.stdin.write(request);
    await readReady(running, options);
    signal?.throwIfAborted();
    return new ProcessDuplex(running, { failure });
  } catch (error) {
    running.kill();
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
};

/** Waits for the helper's one line of its own; what follows it stays in the stream. */
const readReady = (running: RunningCommand, { name, failure }: PipeOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    let text = Buffer.alloc(0);
    let isOver = false;
    const settle = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      running.stdout.off('data', onData);
      running.stderr.off('data', onError);
      act();
    };
    const onError = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-keptStderrCharacters);
    };
    const onData = (chunk: Buffer): void => {
      text = Buffer.concat([text, chunk]);
      const end = text.indexOf('\n');
      if (end === -1 && text.length <= longestGreetingBytes) return;
      settle(() => {
        running.stdout.pause();
        if (text.subarray(0, Math.max(0, end)).toString() !== ready) return reject(foreign(name, text));
        if (end + 1 < text.length) running.stdout.unshift(text.subarray(end + 1));
        resolve();
      });
    };
    running.stdout.on('data', onData);
    running.stderr.on('data', onError);
    void running.ended.then(async ({ exitCode }) => {
      if (isOver) return;
      const error = await failure(exitCode, said);
      settle(() => reject(error ?? foreign(name, text)));
    });
  });

const foreign = (name: string, text: Buffer): HostError =>
  new HostError({
    kind: 'protocol',
    code: 'host-answer-bad',
    message: `${name}: the helper opened a control connection in an unknown form: ${JSON.stringify(lastLines(text.subarray(0, 200).toString(), 1)[0] ?? '')}`,
    subject: name,
  });
