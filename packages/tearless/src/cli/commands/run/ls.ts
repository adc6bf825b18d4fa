// Lists runs of this machine; with --hosts also those that lie on the fleet's hosts, whoever made them.
import type { RunSummary } from '../../../change/read-run.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';
import type { Style } from '../../core/style.ts';
import { type Column, renderTable } from '../../core/table.ts';

const paintState = ({ state, outcome }: RunSummary, style: Style): string => {
  const word = state === 'finished' ? (outcome ?? '') : state;
  return outcome === 'done' || outcome === 'undone'
    ? style.good(word)
    : state === 'running'
      ? style.accent(word)
      : style.warn(word);
};

const columns = (style: Style): Column<RunSummary>[] => [
  { title: 'RUN', cell: ({ run }) => run },
  { title: 'FLEET', cell: ({ fleet }) => fleet },
  { title: 'BEGUN (UTC)', cell: ({ createdMs }) => new Date(createdMs).toISOString().slice(0, 16).replace('T', ' ') },
  { title: 'ITEMS', align: 'right', cell: ({ items }) => String(items) },
  { title: 'STATE', cell: (run) => paintState(run, style) },
];

export const command = defineCommand({
  summary: 'list runs, newest first',
  details:
    'Open runs are unfinished and nobody works on them: resume or undo them.\nWith --hosts, a host that does not answer is named; the exit code is then 4.',
  examples: [
    ['tearless run ls', 'the runs that this machine knows'],
    ['tearless run ls --hosts', 'also those that other operators left on the hosts'],
  ],
  options: { hosts: { type: 'boolean', summary: 'ask the hosts of the fleet too' } },
  json: 'tearless.run-list/v1',
  async run(context, { options }) {
    const [{ openJournal }, { listRuns }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../change/read-run.ts'),
    ]);
    await using store = await openJournal(context);
    const runs = await listRuns(store);
    const known = new Set(runs.map(({ run }) => run));
    const { output } = context;
    const table = () => (runs.length === 0 ? ['no runs yet'] : renderTable(runs, columns(output.style)));
    const listed = { runs: runs.map((run) => ({ ...run })) };
    if (options.hosts !== true) {
      output.result('tearless.run-list/v1', { ...listed, onHosts: [], unreachable: [] }, table);
      return exitCodes.done;
    }
    const [{ findHostRuns }, { describeUnreachable, exitCodeOfLook }, { renderUnreachable }] = await Promise.all([
      import('../../core/host-runs.ts'),
      import('../../core/look-at-relays.ts'),
      import('../../core/render/finding-lines.ts'),
    ]);
    const found = await findHostRuns(context);
    const foreign = found.runs.filter(({ run }) => !known.has(run));
    const onHosts = foreign.map(({ run, hosts }) => ({ run, hosts: [...hosts] }));
    output.result('tearless.run-list/v1', { ...listed, onHosts, unreachable: describeUnreachable(found) }, () => [
      ...table(),
      ...foreign.map(({ run, hosts }) => `${run}  by another operator, on ${hosts.join(', ')}`),
    ]);
    if (!output.json) for (const line of renderUnreachable(found.unreachable, output.errorStyle)) output.note(line);
    return exitCodeOfLook(found);
  },
});
