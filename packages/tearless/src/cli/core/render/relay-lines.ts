// Relays as tables: which there are, how they stand, and the fleet in figures. Pure.
import type { FleetSummary, GroupSummary } from '../../../relays/fleet-summary.ts';
import { nameAllocator } from '../../../relays/fleet-summary.ts';
import type { RelayView } from '../../../relays/relay-view.ts';
import { formatBytes } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { type Column, renderTable } from '../table.ts';

const none = '-';

/** `4 min`, `3 h 12 min`, `12 d 4 h`: two units at most. */
export const renderUptime = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  if (hours < 1) return `${minutes} min`;
  return days < 1 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
};

const paintState = (state: string, style: Style): string =>
  state === 'active' ? style.good(state) : state === 'inactive' ? style.warn(state) : style.bad(state);

const renderWanted = ({ wanted, declared }: RelayView): string =>
  declared ? wanted.join(' or ') || 'yes' : '(not declared)';

const renderLabels = (labels: RelayView['labels']): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ') || none;

/** A header alone would leave open whether something was looked at. */
const orNone = (relays: readonly RelayView[], table: readonly string[]): readonly string[] =>
  relays.length === 0 ? ["no relays: 'tearless adopt HOST --write' declares those that run"] : table;

/** What `relay ls` prints: identity and declaration. */
export const renderRelayList = (relays: readonly RelayView[], style: Style): readonly string[] =>
  orNone(
    relays,
    renderTable(relays, [
      { title: 'RELAY', cell: ({ id }) => style.strong(id) },
      { title: 'STATE', cell: ({ state }) => paintState(state, style) },
      { title: 'NICKNAME', cell: ({ nickname }) => nickname ?? none },
      { title: 'FINGERPRINT', cell: ({ fingerprint }) => fingerprint ?? none },
      { title: 'DECLARED', cell: renderWanted },
      { title: 'LABELS', cell: ({ labels }) => renderLabels(labels) },
    ]),
  );

/** `Valid` and `Running` go without saying; Running is said where it is missing. */
const renderFlags = ({ flags, state }: RelayView): string => {
  if (flags === undefined) return '?';
  const shown = flags.filter((flag) => flag !== 'Running' && flag !== 'Valid');
  if (flags.length > 0 && !flags.includes('Running')) shown.push('(not Running)');
  if (flags.length === 0 && state === 'active') return '(not listed)';
  return shown.join(' ') || none;
};

/** What `relay status` prints: how each stands now. */
export const renderRelayStatus = (relays: readonly RelayView[], style: Style): readonly string[] =>
  orNone(
    relays,
    renderTable(relays, [
      { title: 'RELAY', cell: ({ id }) => style.strong(id) },
      { title: 'STATE', cell: ({ state }) => paintState(state, style) },
      {
        title: 'UP',
        align: 'right',
        cell: ({ uptimeSeconds }) => (uptimeSeconds === undefined ? none : renderUptime(uptimeSeconds)),
      },
      {
        title: 'RSS',
        align: 'right',
        cell: ({ memory }) => (memory === undefined ? none : formatBytes(memory.rssBytes)),
      },
      {
        title: 'PSS',
        align: 'right',
        cell: ({ memory }) => (memory === undefined ? none : formatBytes(memory.pssBytes)),
      },
      { title: 'ALLOCATOR', cell: (relay) => (relay.loaded === undefined ? none : nameAllocator(relay)) },
      { title: 'BUILD-ID', cell: ({ loaded }) => loaded?.buildId?.slice(0, 8) ?? none },
      { title: 'FLAGS', cell: renderFlags },
      {
        title: 'FINDINGS',
        cell: ({ findings }) =>
          findings.length === 0 ? none : style.warn(findings.map(({ code }) => code).join(', ')),
      },
    ]),
  );

const groupColumns = (title: string): Column<GroupSummary>[] => [
  { title, cell: ({ name }) => name },
  { title: 'RELAYS', align: 'right', cell: ({ relays }) => String(relays) },
  { title: 'RUNNING', align: 'right', cell: ({ running }) => String(running) },
  { title: 'AVERAGE RSS', align: 'right', cell: (group) => renderAverage(group, group.averageRssBytes) },
  { title: 'TOTAL RSS', align: 'right', cell: (group) => renderAverage(group, group.rssBytes) },
  { title: 'AVERAGE PSS', align: 'right', cell: (group) => renderAverage(group, group.averagePssBytes) },
  { title: 'TOTAL PSS', align: 'right', cell: (group) => renderAverage(group, group.pssBytes) },
];

const renderAverage = ({ running }: Pick<GroupSummary, 'running'>, bytes: number): string =>
  running === 0 ? none : formatBytes(bytes);

/** What `relay summary` prints. */
export const renderFleetSummary = (fleet: string, summary: FleetSummary, style: Style): string[] => [
  `${style.strong(fleet)}: ${summary.running} of ${summary.relays} relays run, ${
    summary.running === 0
      ? 'no memory is known'
      : `${formatBytes(summary.averageRssBytes)} RSS on average, ${formatBytes(summary.rssBytes)} in all (PSS ${formatBytes(summary.pssBytes)})`
  }`,
  ...(summary.findings === 0
    ? []
    : [
        `${style.warn(`${summary.findings} ${summary.findings === 1 ? 'finding' : 'findings'}`)}: 'tearless doctor' shows them`,
      ]),
  '',
  ...renderTable(summary.byAllocator, groupColumns('ALLOCATOR')),
  '',
  ...renderTable(summary.byHost, groupColumns('HOST')),
];
