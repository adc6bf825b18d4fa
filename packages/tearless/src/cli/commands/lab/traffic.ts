// Lets people use the relays of a lab: requests and downloads through them, until interrupted or for a time.
import { usageError } from '../../core/cli-error.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

/** How often journals are looked at. */
const lookMs = 100;

const readSeconds = (text: string | undefined): number => {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const [, count = '', unit = 's'] = /^([1-9]\d{0,5})(s|m|h)$/.exec(text) ?? [];
  if (count === '') throw usageError(`--for ${text} is no duration`, 'such as --for 90s or --for 10m');
  return Number(count) * (unit === 's' ? 1 : unit === 'm' ? 60 : 3600);
};

const readRate = (text: string | undefined): number => {
  if (text === undefined) return 4;
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw usageError(`--rate ${text} is no number from 1 to 99`, 'such as --rate 4');
};

export const command = defineCommand({
  summary: 'send requests and downloads through the relays of a lab',
  details:
    'Requests to an onion service and through exits on fresh circuits, and long downloads; every circuit has a relay of the\nfleet on it. Ends with 7 when one failed: no answer within 60 s, or cut while no run restarted a relay of its circuit.',
  examples: [
    ['tearless lab traffic', 'until Ctrl-C, then what became of them'],
    ['tearless lab traffic lab --for 90s --rate 8', 'eight requests a second for a minute and a half'],
  ],
  positionals: [{ name: 'NAME', summary: "the lab's name; lab by default" }],
  options: {
    for: { type: 'string', value: 'TIME', summary: 'how long; until interrupted by default' },
    rate: { type: 'string', value: 'N', summary: 'requests a second; 4 by default' },
  },
  json: 'tearless.lab-traffic-summary/v1',
  async run(context, { options, positionals: [name = 'lab'] }) {
    const [{ openFleetLab }, { findLab }, { sendTraffic }, { renderFailure, renderSummary }, { asCliError }] =
      await Promise.all([
        import('@tearless/lab/fleet/fleet-lab.ts'),
        import('../../core/lab-record.ts'),
        import('../../core/lab-traffic.ts'),
        import('@tearless/lab/traffic/summary.ts'),
        import('../../core/lab-error.ts'),
      ]);
    const load = { ratePerSecond: readRate(options.rate), lookMs, forMs: readSeconds(options.for) * 1000 };
    try {
      const summary = await sendTraffic(context, openFleetLab(findLab(name)), load);
      const { requests, streams } = summary;
      const value = { name, requests: { ...requests }, streams: { ...streams } };
      context.output.result('tearless.lab-traffic-summary/v1', value, () => [
        renderSummary(summary),
        ...summary.failures.map((failure) => `  ${renderFailure(failure)}`),
      ]);
      return requests.failed + streams.failed === 0 ? exitCodes.done : exitCodes.findings;
    } catch (error) {
      throw asCliError(error);
    }
  },
});
