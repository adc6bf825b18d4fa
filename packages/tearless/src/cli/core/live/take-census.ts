// The counts of a relay that runs, asked of its control port and, where it has one, its MetricsPort.
import { withControl } from '../../../daemon/control.ts';
import type { Host } from '../../../host/host.ts';
import { LiveError } from '../../../live/live-error.ts';
import { countLive, type LiveCensus } from '../../../live/rehearse/census.ts';
import { parseMetricsAnswer } from '../../../live/rehearse/metrics-answer.ts';
import type { CommandContext } from '../context.ts';

const metricsTimeoutMs = 20_000;

/** `127.0.0.1:9035`, `[::1]:9035` or a port alone. */
const parseMetricsPort = (value: string): { readonly host: string; readonly port: number } | undefined => {
  const [, host = '127.0.0.1', port] = /^(?:(\[[0-9a-f:]+\]|[\d.]+):)?(\d+)\b/i.exec(value) ?? [];
  return port === undefined || port === '0' ? undefined : { host: host.replace(/[[\]]/g, ''), port: Number(port) };
};

const readMetrics = async (host: Host, value: string, signal: AbortSignal): Promise<string | undefined> => {
  const place = parseMetricsPort(value);
  if (place === undefined) return undefined;
  const within = AbortSignal.any([signal, AbortSignal.timeout(metricsTimeoutMs)]);
  const stream = await host.open({ kind: 'tcp', ...place }, { signal: within });
  const abort = () => stream.destroy();
  within.addEventListener('abort', abort);
  try {
    stream.write('GET /metrics HTTP/1.0\r\n\r\n');
    let received = Buffer.alloc(0);
    for await (const chunk of stream) {
      received = Buffer.concat([received, chunk]);
      const metrics = parseMetricsAnswer(received);
      if (metrics !== undefined) return metrics;
    }
    throw new LiveError({
      kind: 'protocol',
      code: 'live-metrics-strange',
      message: `it closed the connection after ${received.length} bytes`,
      place: 'tor',
    });
  } finally {
    within.removeEventListener('abort', abort);
    stream.destroy();
  }
};

/** @throws HostError, TorError. A MetricsPort that does not answer is noted, and does without. */
export const takeLiveCensus = async (
  host: Host,
  instance: string,
  { signal, output }: CommandContext,
): Promise<LiveCensus> => {
  const [connections, ports] = await withControl(
    { host, signal },
    instance,
    async (control) => [await control.getInfo('orconn-status'), await control.getConf('MetricsPort')] as const,
  );
  const [port] = ports;
  let metrics: string | undefined;
  try {
    metrics = port === undefined ? undefined : await readMetrics(host, port, signal);
  } catch (error) {
    signal.throwIfAborted();
    output.note(
      `${instance}: its MetricsPort does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (metrics === undefined)
    output.note(`${instance}: how many circuits it has is not known, since it has no MetricsPort that tells`);
  return countLive(connections, metrics);
};
