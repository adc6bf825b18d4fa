// STATUS_GENERAL, STATUS_CLIENT, STATUS_SERVER, and GETINFO status/bootstrap-phase. control-spec §4.1.10, §5.5.
import { parseArguments } from '../arguments.ts';
import { protocolError } from '../problem.ts';
import { optional, parseCount } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export type StatusSeverity = 'NOTICE' | 'WARN' | 'ERR' | (string & {});

export interface StatusEvent<K extends string = 'STATUS_GENERAL' | 'STATUS_CLIENT' | 'STATUS_SERVER'> {
  readonly type: K;
  readonly severity: StatusSeverity;
  /** `BOOTSTRAP`, `CIRCUIT_ESTABLISHED`, `ACCEPTED_SERVER_DESCRIPTOR`, … */
  readonly action: string;
  /** The arguments as they came; tor may leave any of them out. */
  readonly keywords: ReadonlyMap<string, string>;
  /** The arguments of the actions that have a type here. */
  readonly detail: StatusDetail | undefined;
}

export type StatusDetail = BootstrapPhase | DescriptorStatus | Reachability;

export interface BootstrapPhase {
  readonly action: 'BOOTSTRAP';
  /** WARN when something is in the way. */
  readonly severity: StatusSeverity;
  /** 0 to 100. */
  readonly progress: number;
  /** `conn_done`, `loading_descriptors`, `done`, … */
  readonly tag: string | undefined;
  /** The next thing tor does, for people. */
  readonly summary: string | undefined;
  readonly warning: string | undefined;
  readonly reason: string | undefined;
  /** How many problems so far in this phase. */
  readonly count: number | undefined;
  /** `warn` when people should know, else `ignore`. */
  readonly recommendation: string | undefined;
}

/** What a directory authority did with our descriptor. */
export interface DescriptorStatus {
  readonly action: 'ACCEPTED_SERVER_DESCRIPTOR' | 'BAD_SERVER_DESCRIPTOR';
  /** `address:port` of the authority. */
  readonly dirAuth: string | undefined;
  /** Why it was not accepted. */
  readonly reason: string | undefined;
}

export interface Reachability {
  readonly action: 'CHECKING_REACHABILITY' | 'REACHABILITY_SUCCEEDED' | 'REACHABILITY_FAILED';
  /** `address:port`; one of the two is there. */
  readonly orAddress: string | undefined;
  readonly dirAddress: string | undefined;
}

// 650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"
// 650 STATUS_SERVER NOTICE ACCEPTED_SERVER_DESCRIPTOR DIRAUTH=127.77.91.10:9030
// 650 STATUS_SERVER NOTICE REACHABILITY_SUCCEEDED ORADDRESS=192.0.2.7:9001
export function parseStatus<K extends string>({ name, text }: RawEvent<K>): StatusEvent<K> {
  const { positional, keywords } = parseArguments(text, 2);
  const [severity = '', action = ''] = positional;
  return { type: name, severity, action, keywords, detail: statusDetail(severity, action, keywords) };
}

/**
 * The value of GETINFO status/bootstrap-phase: `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"`.
 * @throws TorError kind `protocol`
 */
export function parseBootstrapPhase(text: string): BootstrapPhase {
  const { positional, keywords } = parseArguments(text, 2);
  const [severity = '', action = ''] = positional;
  const detail = statusDetail(severity, action, keywords);
  if (detail?.action !== 'BOOTSTRAP') {
    throw protocolError('control-bad-bootstrap-phase', 'status/bootstrap-phase holds no BOOTSTRAP PROGRESS');
  }
  return detail;
}

function statusDetail(
  severity: string,
  action: string,
  keywords: ReadonlyMap<string, string>,
): StatusDetail | undefined {
  switch (action) {
    case 'BOOTSTRAP': {
      // Any argument may be missing (§4.1.10); without progress there is no phase.
      const progress = keywords.get('PROGRESS');
      if (progress === undefined) return undefined;
      return {
        action,
        severity,
        progress: parseCount(progress, 'PROGRESS'),
        tag: keywords.get('TAG'),
        summary: keywords.get('SUMMARY'),
        warning: keywords.get('WARNING'),
        reason: keywords.get('REASON'),
        count: optional(keywords.get('COUNT'), (count) => parseCount(count, 'COUNT')),
        recommendation: keywords.get('RECOMMENDATION'),
      };
    }
    case 'ACCEPTED_SERVER_DESCRIPTOR':
    case 'BAD_SERVER_DESCRIPTOR':
      return { action, dirAuth: keywords.get('DIRAUTH'), reason: keywords.get('REASON') };
    case 'CHECKING_REACHABILITY':
    case 'REACHABILITY_SUCCEEDED':
    case 'REACHABILITY_FAILED':
      return { action, orAddress: keywords.get('ORADDRESS'), dirAddress: keywords.get('DIRADDRESS') };
    default:
      return undefined;
  }
}
