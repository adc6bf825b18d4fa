// From what shall go to what a plan does: timers and jobs of cron before any relay changes, drop-ins and options with each relay's
// own one change. Pure.
import type { ChangeItem, StepSpec } from '../../change/plan.ts';
import type { FleetExtras, RelayExtra, ReplacedFile } from '../../daemon/fleet-extras.ts';
import type { Leaving } from './leaving.ts';

/** The host's own item; its name cannot be a relay's. */
export const removalId = (host: string): string => `${host}/(experiment)`;

const because = ({ evidence }: Leaving): string => evidence[0] ?? '';

const timerSteps = (timers: readonly Leaving[]): StepSpec[] =>
  timers.flatMap((leaving): StepSpec[] => {
    const { action } = leaving;
    if (action.kind !== 'timer') return [];
    const { unit, isActive, isEnabled } = action;
    const step = (verb: 'stop' | 'disable'): StepSpec => ({
      id: `${verb}-${unit}`,
      kind: `unit.${verb}`,
      symbol: '-',
      summary: `${verb} ${unit}: ${because(leaving)}`,
      params: { unit },
    });
    return [...(isActive ? [step('stop')] : []), ...(isEnabled ? [step('disable')] : [])];
  });

const fileSteps = (files: readonly Leaving[]): StepSpec[] =>
  files.flatMap((leaving): StepSpec[] => {
    const { action, path } = leaving;
    if (action.kind !== 'unit-file') return [];
    return [
      {
        id: `remove-${path.slice(path.lastIndexOf('/') + 1)}`,
        kind: 'file.remove',
        symbol: '-',
        summary: `remove ${path}: ${because(leaving)}`,
        params: { path, expects: action.sha256, adopted: true },
      },
    ];
  });

const cronSteps = (jobs: readonly Leaving[]): StepSpec[] => {
  const tables = new Map<string, Leaving[]>();
  for (const job of jobs) tables.set(job.path, [...(tables.get(job.path) ?? []), job]);
  return [...tables].flatMap(([path, own]): StepSpec[] => {
    const [first] = own;
    if (first?.action.kind !== 'cron') return [];
    const lines = own.map(({ line = 0, text }) => ({ line, text }));
    return [
      {
        id: `cron-${path.slice(1).replaceAll('/', '-')}`,
        kind: 'cron.cut',
        symbol: '-',
        summary: `take ${lines.length === 1 ? 'a job' : `${lines.length} jobs`} out of ${path}: ${because(first)}`,
        detail: lines.map(({ text }) => `-${text}`),
        params: { path, lines, expects: first.action.sha256 },
      },
    ];
  });
};

const planHost = (host: string, leavings: readonly Leaving[]): ChangeItem | undefined => {
  const of = (kind: Leaving['action']['kind']) => leavings.filter(({ action }) => action.kind === kind);
  const units = [...timerSteps(of('timer')), ...fileSteps(of('unit-file'))];
  const steps = [...units, ...cronSteps(of('cron'))];
  if (steps.length === 0) return undefined;
  const reload: StepSpec = {
    id: 'reload-systemd',
    kind: 'systemd.reload',
    symbol: '~',
    summary: 'let systemd read its units again',
    params: { units: [] },
  };
  return {
    id: removalId(host),
    subject: host,
    host,
    steps: units.length === 0 ? steps : [...steps, reload],
    gates: [],
    undoGates: [],
  };
};

/** Behind all relays: until then their drop-ins may name a library of it. */
const planPackages = (host: string, leavings: readonly Leaving[]): ChangeItem | undefined => {
  const steps = leavings.flatMap((leaving): StepSpec[] => {
    const { action } = leaving;
    if (action.kind !== 'package') return [];
    const { name, version, former } = action;
    if (former.version === null)
      return [
        {
          id: `package-${name}`,
          kind: 'package.remove',
          symbol: '-',
          summary: `remove ${name} ${version}: ${because(leaving)}`,
          params: { name, expects: version },
        },
      ];
    const what = former.version === version ? `release ${name} ${version}` : `bring ${name} back to ${former.version}`;
    return [
      {
        id: `package-${name}`,
        kind: 'package.install',
        symbol: '~',
        summary: `${what}: ${because(leaving)}`,
        params: { name, version: former.version, hold: former.held },
      },
    ];
  });
  return steps.length === 0
    ? undefined
    : { id: `${host}/(packages)`, subject: host, host, steps, gates: [], undoGates: [] };
};

interface GrowingExtra {
  readonly dropIns: ReplacedFile[];
  readonly forgetOptions: string[];
  readonly restoreOptions: Map<string, readonly string[]>;
}

/** @param leavings with a person's choices; only those of verdict `remove` go */
export const planRemoval = (experiment: string, leavings: readonly Leaving[]): FleetExtras => {
  const going = leavings.filter(({ verdict }) => verdict === 'remove');
  const relays = new Map<string, GrowingExtra>();
  for (const leaving of going) {
    const { relay, action, path } = leaving;
    if (relay === undefined || (action.kind !== 'drop-in' && action.kind !== 'option')) continue;
    const extra: GrowingExtra = relays.get(relay) ?? { dropIns: [], forgetOptions: [], restoreOptions: new Map() };
    relays.set(relay, extra);
    if (action.kind === 'option' && action.former !== undefined) extra.restoreOptions.set(action.name, action.former);
    else if (action.kind === 'option') extra.forgetOptions.push(action.name);
    else extra.dropIns.push({ path, text: action.after, why: `of ${experiment}: ${because(leaving)}` });
  }
  const hosts = [...new Set(going.map(({ host }) => host))];
  return {
    relays: new Map<string, RelayExtra>(relays),
    after: hosts.flatMap(
      (host) =>
        planPackages(
          host,
          going.filter((leaving) => leaving.host === host),
        ) ?? [],
    ),
    before: hosts.flatMap(
      (host) =>
        planHost(
          host,
          going.filter((leaving) => leaving.host === host),
        ) ?? [],
    ),
  };
};
