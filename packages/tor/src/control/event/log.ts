// Log lines: DEBUG, INFO, NOTICE, WARN, ERR. control-spec §4.1.5.
import { dataText } from '../message.ts';
import type { RawEvent } from './raw-event.ts';

export type LogSeverity = 'DEBUG' | 'INFO' | 'NOTICE' | 'WARN' | 'ERR';

export interface LogEvent<K extends string = LogSeverity> {
  readonly type: K;
  /** May have line ends, not at its end. */
  readonly text: string;
}

// 650 NOTICE Bootstrapped 100% (done): Done
//
// 650+WARN
// first line
// second line
// .
// 650 OK
export function parseLog<K extends string>({ name, text, message }: RawEvent<K>): LogEvent<K> {
  const { data } = message.lines[0];
  return { type: name, text: data === undefined ? text : dataText(data).replace(/\n$/, '') };
}
