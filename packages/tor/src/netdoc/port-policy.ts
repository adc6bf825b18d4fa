// Exit policies as the consensus and microdescriptors summarise them: ports only. dir-spec §3.8.2 "Encoding port lists".
// The full policy of a descriptor is exit-policy.ts.
import { netdocError, show } from './reader.ts';

/** `accept` lists the ports that are open for most addresses, `reject` those that are not. */
export interface PortPolicy {
  readonly kind: 'accept' | 'reject';
  /** Ascending, not overlapping, from 1 to 65535, both ends included. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** What a missing `p` or `ipv6-policy` line means. */
export const rejectAllPorts: PortPolicy = { kind: 'reject', ranges: [[1, 65_535]] };

/**
 * Reads `accept 20-23,80,443`.
 *
 * @throws TorError `netdoc-bad-policy`
 */
export function parsePortPolicy(text: string, line = 1): PortPolicy {
  const match = /^(accept|reject) (\S+)$/.exec(text);
  if (match === null) throw badPolicy(line, text);
  const ranges: [number, number][] = [];
  let before = 0;
  for (const item of (match[2] ?? '').split(',')) {
    const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(item);
    const from = Number(parts?.[1] ?? 0);
    const to = Number(parts?.[2] ?? from);
    if (parts === null || from <= before || to < from || to > 65_535) throw badPolicy(line, text);
    ranges.push([from, to]);
    before = to;
  }
  return { kind: match[1] === 'accept' ? 'accept' : 'reject', ranges };
}

/** The inverse of parsePortPolicy. */
export function renderPortPolicy({ kind, ranges }: PortPolicy): string {
  return `${kind} ${ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',')}`;
}

/** Whether most addresses can be reached at this port. */
export function allowsPort({ kind, ranges }: PortPolicy, port: number): boolean {
  return ranges.some(([from, to]) => from <= port && port <= to) === (kind === 'accept');
}

function badPolicy(line: number, text: string) {
  return netdocError(line, 'bad-policy', `expected accept or reject and an ascending port list, found ${show(text)}`);
}
