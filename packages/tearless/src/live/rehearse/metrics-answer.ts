// What tor's MetricsPort answers: HTTP/1.0, on a connection that tor keeps open afterwards. It is whole when as much has come as its
// head says. Pure.
import { LiveError } from '../live-error.ts';

const strange = (why: string): LiveError =>
  new LiveError({ kind: 'protocol', code: 'live-metrics-strange', message: why, place: 'tor' });

/** Of a relay with every label of every metric: far more than any has. */
const mostBytes = 16 * 1024 * 1024;

/**
 * @param received all that has come so far
 * @returns the metrics; undefined while there is more to come
 * @throws LiveError `live-metrics-strange`
 */
export const parseMetricsAnswer = (received: Uint8Array): string | undefined => {
  const text = Buffer.from(received.buffer, received.byteOffset, received.byteLength).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (text.length > mostBytes) throw strange('it answers without end');
  if (end < 0) return undefined;
  const [status = '', ...fields] = text.slice(0, end).split('\r\n');
  if (!/^HTTP\/1\.[01] 200 /.test(status)) throw strange(`it answers ${JSON.stringify(status.slice(0, 80))}`);
  const [length] = fields.flatMap((field) => /^content-length: *(\d{1,9})$/i.exec(field)?.[1] ?? []);
  if (length === undefined) throw strange('it does not say how much it answers');
  const body = text.slice(end + 4);
  return body.length < Number(length) ? undefined : body.slice(0, Number(length));
};
