// How relays stand with live updates, for people.
import { formatBytes } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
import type { RelayLiveStatus } from './read-status.ts';

const short = (build: string): string => build.slice(0, 12);

const startOf = ({ state }: RelayLiveStatus): string => {
  if (state === null) return '-';
  return state.nextStart === null ? 'package' : short(state.nextStart);
};

export const renderLiveStatus = (relays: readonly RelayLiveStatus[], style: Style): string[] => [
  ...renderTable(relays, [
    { title: 'RELAY', cell: ({ relay }) => relay },
    { title: 'TOR', cell: ({ version }) => version ?? '-' },
    { title: 'RUNS', cell: ({ state }) => (state === null ? '-' : short(state.build)) },
    { title: 'STARTED FROM', cell: ({ state }) => (state === null ? '-' : short(state.program)) },
    { title: 'UPDATES', cell: ({ state }) => (state === null ? '-' : `${state.updates.length}`), align: 'right' },
    { title: 'MAPPED', cell: ({ state }) => (state === null ? '-' : formatBytes(state.mappedBytes)), align: 'right' },
    { title: 'NEXT START', cell: startOf },
  ]),
  ...relays.flatMap(({ relay, warnings }) => warnings.map((warning) => style.warn(`warning: ${relay}: ${warning}`))),
];
