// HS_DESC and HS_DESC_CONTENT: onion service descriptors on their way. control-spec §4.1.25, §4.1.26.
import { parseArguments } from '../arguments.ts';
import { dataText } from '../message.ts';
import { protocolError } from '../problem.ts';
import { optional, parseCount, parseRouterName, type RouterName } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export type HsDescAction =
  | 'REQUESTED'
  | 'UPLOAD'
  | 'RECEIVED'
  | 'UPLOADED'
  | 'IGNORE'
  | 'FAILED'
  | 'CREATED'
  | (string & {});

export interface HsDescEvent {
  readonly type: 'HS_DESC';
  readonly action: HsDescAction;
  /** Onion address without `.onion`; undefined when tor does not know it. */
  readonly address: string | undefined;
  readonly authType: string;
  readonly hsDir: RouterName | undefined;
  /** Version 3: the blinded key in base64, 43 characters. */
  readonly descriptorId: string | undefined;
  /** Of FAILED: `NOT_FOUND`, `UPLOAD_REJECTED`, … */
  readonly reason: string | undefined;
  readonly replica: number | undefined;
  /** 64 hexadecimal digits. */
  readonly hsDirIndex: string | undefined;
}

export interface HsDescContentEvent {
  readonly type: 'HS_DESC_CONTENT';
  readonly address: string | undefined;
  readonly descriptorId: string;
  readonly hsDir: RouterName | undefined;
  /** The outer layer as the HSDir gave it; empty when the fetch failed. */
  readonly descriptor: string;
}

// 650 HS_DESC REQUESTED qi7m…o2yd NO_AUTH $0A52517B751806C5C565CC0B95D9F90772463F39~relay2
//     zwRMNvIidzhywxTzWfFGf5Nf/c5w7QfJi4Izef86qPM HSDIR_INDEX=7013BBD5…060A12B                       (one line)
// 650 HS_DESC UPLOADED 7a7f…m7id UNKNOWN $C6DBB9224B4418562006ED4C31E94DBF5FA0868B~relay0
export function parseHsDesc({ text }: RawEvent<'HS_DESC'>): HsDescEvent {
  const { positional, keywords } = parseArguments(text, 4);
  const [action = '', address = '', authType = '', hsDir = '', descriptorId] = positional;
  return {
    type: 'HS_DESC',
    action,
    address: known(address),
    authType,
    hsDir: optional(known(hsDir), parseRouterName),
    descriptorId,
    reason: keywords.get('REASON'),
    replica: optional(keywords.get('REPLICA'), (replica) => parseCount(replica, 'REPLICA')),
    hsDirIndex: keywords.get('HSDIR_INDEX'),
  };
}

// 650+HS_DESC_CONTENT qi7m…o2yd zwRMNvIidzhywxTzWfFGf5Nf/c5w7QfJi4Izef86qPM $0A52517B751806C5C565CC0B95D9F90772463F39~relay2
// hs-descriptor 3
// …
// .
// 650 OK
export function parseHsDescContent({ text, message }: RawEvent<'HS_DESC_CONTENT'>): HsDescContentEvent {
  const [address = '', descriptorId = '', hsDir = ''] = parseArguments(text, 3).positional;
  const { data } = message.lines[0];
  if (data === undefined) throw protocolError('control-missing-data', 'it has no data');
  const descriptor = dataText(data);
  return {
    type: 'HS_DESC_CONTENT',
    address: known(address),
    descriptorId,
    hsDir: optional(known(hsDir), parseRouterName),
    // An empty descriptor comes as one empty line.
    descriptor: descriptor === '\n' ? '' : descriptor,
  };
}

function known(text: string): string | undefined {
  return text === 'UNKNOWN' ? undefined : text;
}
