// CONF_CHANGED: options that SETCONF, a reload or LOADCONF changed. control-spec §4.1.18.
import { protocolError } from '../problem.ts';
import { type ConfLine, parseConfLine } from '../reply/getconf.ts';
import type { RawEvent } from './raw-event.ts';

export interface ConfChangedEvent {
  readonly type: 'CONF_CHANGED';
  /** In order; an option that is back to its default has no value. */
  readonly changes: readonly ConfLine[];
}

// 650-CONF_CHANGED
// 650-MaxCircuitDirtiness=700
// 650-ContactInfo
// 650 OK
export function parseConfChanged({ message }: RawEvent<'CONF_CHANGED'>): ConfChangedEvent {
  if (message.lines.length < 2) throw protocolError('control-missing-data', 'it names no option');
  return { type: 'CONF_CHANGED', changes: message.lines.slice(1, -1).map((line) => parseConfLine(line.text)) };
}
