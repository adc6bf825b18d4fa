// `single-host`: all arms share one kernel and its memory pressure.
import type { ServerSpan } from '../../model/measurements.ts';
import type { DirectCheck } from '../check.ts';
import { hostOf } from '../hosts.ts';

/** Names of one host, the latest last. */
const namesInOrder = (servers: readonly ServerSpan[]): string[] =>
  [...new Set([...servers].sort((a, b) => b.toMs - a.toMs).map(({ server }) => server))].reverse();

const nameOf = (names: readonly string[]): string => {
  const former = names.slice(0, -1);
  if (names.length === 0) return '';
  return ` (${names.at(-1)}${former.length === 0 ? '' : `, formerly ${former.join(', ')}`})`;
};

export const findSingleHost: DirectCheck = ({ measurements: { relays, servers }, arms }) => {
  const members = arms.flatMap((arm) => arm.members.map(({ id }) => ({ arm: arm.id, host: hostOf(id) })));
  if (members.length === 0) return [];
  const hosts = [...new Set(members.map(({ host }) => host))].filter((host) => host !== undefined);
  const untold = members.some(({ host }) => host === undefined);
  if (hosts.length === 0 || (hosts.length === 1 && !untold)) {
    const names = hosts.length === 1 ? hosts : namesInOrder(servers);
    // Several names at the same time are several hosts; a name that follows another may be the same host.
    const together = servers.some((a) =>
      servers.some((b) => a.server < b.server && a.fromMs <= b.toMs && b.fromMs <= a.toMs),
    );
    if (together && hosts.length === 0) return [];
    return [
      {
        code: 'single-host',
        kind: 'method',
        severity: 'info',
        relays: [],
        message: `All ${relays.length} relays share one host${nameOf(names)}, its kernel and its memory pressure: the result holds for this host.`,
        evidence: { host: names.at(-1) ?? null, formerNames: names.slice(0, -1), relays: relays.length },
        exclusions: [],
      },
    ];
  }
  const confined = arms.filter((arm) => new Set(arm.members.map(({ id }) => hostOf(id))).size === 1);
  if (untold || confined.length !== arms.length || arms.length < 2) return [];
  return [
    {
      code: 'single-host',
      kind: 'method',
      severity: 'warning',
      relays: [],
      message:
        'Each arm runs on a single host of its own choice: what differs between arms may be what differs between hosts.',
      evidence: { hosts: Object.fromEntries(arms.map((arm) => [arm.id, hostOf(arm.members[0]?.id ?? '') ?? ''])) },
      exclusions: [],
    },
  ];
};
