// The events of one word or none: SIGNAL, DESCCHANGED, NETWORK_LIVENESS. control-spec §4.1.17, §4.1.9, §4.1.27.
import { parseArguments } from '../arguments.ts';
import type { RawEvent } from './raw-event.ts';

export interface SignalEvent {
  readonly type: 'SIGNAL';
  readonly signal: 'RELOAD' | 'DUMP' | 'DEBUG' | 'NEWNYM' | 'CLEARDNSCACHE' | (string & {});
}

export interface DescChangedEvent {
  readonly type: 'DESCCHANGED';
}

export interface NetworkLivenessEvent {
  readonly type: 'NETWORK_LIVENESS';
  readonly status: 'UP' | 'DOWN' | (string & {});
}

// 650 SIGNAL NEWNYM
export function parseSignal({ text }: RawEvent<'SIGNAL'>): SignalEvent {
  return { type: 'SIGNAL', signal: parseArguments(text, 1).positional[0] ?? '' };
}

// 650 DESCCHANGED
export function parseDescChanged(): DescChangedEvent {
  return { type: 'DESCCHANGED' };
}

// 650 NETWORK_LIVENESS UP
export function parseNetworkLiveness({ text }: RawEvent<'NETWORK_LIVENESS'>): NetworkLivenessEvent {
  return { type: 'NETWORK_LIVENESS', status: parseArguments(text, 1).positional[0] ?? '' };
}
