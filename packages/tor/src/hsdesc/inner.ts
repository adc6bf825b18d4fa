// The inner layer: what a service offers, and its introduction points. rend-spec-v3 §2.5.2.2; `flow-control` proposal 324,
// `pow-params` proposal 327, `caa` proposal 343. Parsing only.
import { TorError } from '../error.ts';
import { parseNumber, parseTime } from '../netdoc/fields.ts';
import { NetdocReader } from '../netdoc/reader.ts';
import { decodeBase64 } from './base64.ts';
import { type IntroPoint, readIntroPoint } from './intro-point.ts';
import { hsdescError } from './problem.ts';
import { keywordOf, nextKeyword } from './reading.ts';

/** rend-spec-v3 §2.5.4. Clients of C tor refuse a descriptor with more. */
export const maxIntroPoints = 20;

/** The handshake that every service must know. */
const ntor = 2;

export interface InnerLayer {
  /** Kinds of CREATE2 handshakes; 2 is always among them. */
  readonly create2Formats: readonly number[];
  /** Null: no such line. */
  readonly introAuthRequired: readonly string[] | null;
  readonly isSingleOnionService: boolean;
  /** Without it clients use no congestion control. */
  readonly flowControl: FlowControl | null;
  readonly powParams: PowParams | null;
  readonly caa: readonly CaaRecord[];
  /** Items before the introduction points that are not known here, as they stood, without the newline at the end. */
  readonly unknown: readonly string[];
  readonly introPoints: readonly IntroPoint[];
}

export interface FlowControl {
  /** Of the protocol FlowCtrl, as written: `1-2`. */
  readonly versions: string;
  /** Cells an acknowledgement stands for. */
  readonly sendmeIncrement: number;
}

/** Proof of work, version 1. Bound to the blinded key: never to be copied from one service to another. */
export interface PowParams {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly suggestedEffort: number;
  readonly expiresMs: number;
}

/** RFC 8659 §4.1.1. */
export interface CaaRecord {
  readonly flags: number;
  readonly tag: string;
  /** As written, with its quotation marks. */
  readonly value: string;
}

export interface ParsedInner extends InnerLayer {
  /** Introduction points that are not usable, each with its reason and line. Like C tor this goes on with the others. */
  readonly refused: readonly TorError[];
}

/**
 * @param check called for each introduction point that is well-formed; what it throws refuses that point alone
 * @throws TorError with the line: `hsdesc-missing`, `hsdesc-repeated`, `hsdesc-unsupported`, `hsdesc-bad-value`,
 *   `hsdesc-too-many-intro-points`, `netdoc-…`
 * @example
 * parseInner('create2-formats 2\nsingle-onion-service\n').isSingleOnionService; // true
 */
export function parseInner(text: string, check: (point: IntroPoint, line: number) => void = () => {}): ParsedInner {
  const reader = new NetdocReader(text);
  if (nextKeyword(reader) !== 'create2-formats') {
    throw hsdescError('missing', 'it does not begin with create2-formats', Math.max(1, reader.line));
  }
  const create2Formats = reader.args.split(' ').map((format) => parseNumber(format, reader.line, 65_535));
  if (!create2Formats.includes(ntor)) throw hsdescError('unsupported', 'create2-formats has no ntor (2)', reader.line);
  let introAuthRequired: readonly string[] | null = null;
  let isSingleOnionService = false;
  let flowControl: FlowControl | null = null;
  let powParams: PowParams | null = null;
  const caa: CaaRecord[] = [];
  const unknown: string[] = [];
  let more = reader.next();
  while (more && reader.keyword !== 'introduction-point') {
    const { keyword, line, start, args } = reader;
    let isKnown = true;
    const refuseSecond = (before: unknown) => {
      if (before !== null && before !== false) throw hsdescError('repeated', `a second ${keyword} line`, line);
    };
    switch (keyword) {
      case 'create2-formats':
        throw hsdescError('repeated', 'a second create2-formats line', line);
      case 'intro-auth-required':
        refuseSecond(introAuthRequired);
        introAuthRequired = args.split(' ');
        if (!introAuthRequired.includes('ed25519')) {
          throw hsdescError('unsupported', 'intro-auth-required has no ed25519', line);
        }
        break;
      case 'single-onion-service':
        refuseSecond(isSingleOnionService);
        isSingleOnionService = true;
        break;
      case 'flow-control':
        refuseSecond(flowControl);
        flowControl = parseFlowControl(args, line);
        break;
      case 'pow-params':
        // Other kinds of work may stand beside this one, and nobody is obliged to know them.
        isKnown = args === '' || args.split(' ', 1)[0] === 'v1';
        if (!isKnown) break;
        refuseSecond(powParams);
        powParams = parsePowParams(args, line);
        break;
      case 'caa':
        caa.push(parseCaa(args, line));
        break;
      default:
        isKnown = false;
    }
    more = reader.next();
    if (!isKnown) unknown.push(text.slice(start, reader.start).replace(/\n+$/, ''));
  }
  const { introPoints, refused } = readIntroPoints(reader, check);
  return {
    create2Formats,
    introAuthRequired,
    isSingleOnionService,
    flowControl,
    powParams,
    caa,
    unknown,
    introPoints,
    refused,
  };
}

function readIntroPoints(reader: NetdocReader, check: (point: IntroPoint, line: number) => void) {
  const introPoints: IntroPoint[] = [];
  const refused: TorError[] = [];
  while (keywordOf(reader) === 'introduction-point') {
    const { line } = reader;
    try {
      const point = readIntroPoint(reader);
      check(point, line);
      introPoints.push(point);
    } catch (error) {
      if (!(error instanceof TorError)) throw error;
      refused.push(error);
      // A line that is no line at all makes the next call throw, and refuses the whole layer.
      while (reader.keyword !== '' && (reader.line === line || reader.keyword !== 'introduction-point')) reader.next();
    }
  }
  if (introPoints.length > maxIntroPoints) {
    const what = `${introPoints.length} introduction points are more than ${maxIntroPoints}: clients refuse that`;
    throw hsdescError('too-many-intro-points', what);
  }
  return { introPoints, refused };
}

function parseFlowControl(args: string, line: number): FlowControl {
  const [versions = '', increment] = args.split(' ');
  if (!/^\d{1,2}(-\d{1,2})?(,\d{1,2}(-\d{1,2})?)*$/.test(versions)) {
    throw hsdescError('bad-value', `${JSON.stringify(versions.slice(0, 60))} is no list of versions`, line);
  }
  return { versions, sendmeIncrement: parseNumber(increment, line, 255) };
}

function parsePowParams(args: string, line: number): PowParams {
  const [, seed, effort, expires] = args.split(' ');
  const [date, time] = expires?.split('T') ?? [];
  return {
    seed: decodeBase64(seed, 32, line),
    suggestedEffort: parseNumber(effort, line, 2 ** 32 - 1),
    expiresMs: parseTime(date, time, line),
  };
}

function parseCaa(args: string, line: number): CaaRecord {
  const [, flags, tag, value] = /^(\d{1,3}) ([A-Za-z0-9]+) (.+)$/.exec(args) ?? [];
  if (flags === undefined || tag === undefined || value === undefined || Number(flags) > 255) {
    throw hsdescError('bad-value', `expected flags, tag and value, found ${JSON.stringify(args.slice(0, 60))}`, line);
  }
  return { flags: Number(flags), tag, value };
}
