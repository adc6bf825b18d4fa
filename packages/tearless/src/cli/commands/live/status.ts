// What relays run: which build, by which updates, and what is not as the disk has it.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show what relays run: builds, live updates, memory of those, what differs from the disk',
  details:
    'Builds are known by the build-id in memory, whatever has become of the file. Warns where the directory authorities recommend a\nnewer release than what runs: whoever builds tor has become its distributor. Exit code 7 where something needs a person.',
  examples: [
    ['tearless live status', 'all relays'],
    ["tearless live status 'h1/*' --json", 'those of a host, for programs'],
  ],
  positionals: [{ name: 'RELAY', summary: 'relays, as --limit takes them; all by default', variadic: true }],
  json: 'tearless.live-status/v1',
  async run(context, { positionals }) {
    const [{ openReadFleet }, { readLiveStatus }, { renderLiveStatus }] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/live/read-status.ts'),
      import('../../core/live/status-lines.ts'),
    ]);
    const { output } = context;
    await using fleet = await openReadFleet(context);
    const relays = await readLiveStatus(fleet, positionals, context);
    const value = { relays: JSON.parse(JSON.stringify(relays)) as JsonObject[] };
    output.result('tearless.live-status/v1', value, () => renderLiveStatus(relays, output.style));
    return relays.some(({ warnings }) => warnings.length > 0) ? exitCodes.findings : exitCodes.done;
  },
});
