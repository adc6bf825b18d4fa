// Shows whom hosts trust to sign live updates.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

/** `20261205200407Z` as people read it. */
const describeTime = (time: string | null): string => {
  if (time === null) return '-';
  const [, year, month, day, hour, minute, zone] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:\d\d)?(Z?))?$/.exec(time) ?? [];
  if (year === undefined) return time;
  const at = hour === undefined ? '' : ` ${hour}:${minute}${zone === 'Z' ? ' UTC' : ''}`;
  return `${year}-${month}-${day}${at}`;
};

export const command = defineCommand({
  summary: 'show whom hosts trust to sign live updates, and until when',
  examples: [['tearless live key ls', 'all hosts']],
  positionals: [{ name: 'HOST', summary: 'only these hosts', variadic: true, complete: 'host' }],
  json: 'tearless.live-signers/v1',
  async run(context, { positionals }) {
    const [{ openReadFleet }, { readHostNames }, { readSigners }, signing, { renderTable }] = await Promise.all([
      import('../../../core/fleet.ts'),
      import('../../../core/named-hosts.ts'),
      import('../../../../live/keys/trust-step.ts'),
      import('../../../../live/keys/signers.ts'),
      import('../../../core/table.ts'),
    ]);
    await using fleet = await openReadFleet(context);
    const nowMs = context.surroundings.clock.now();
    const names = readHostNames(fleet.config, positionals);
    const signers = (
      await Promise.all(
        names.map(async (host) =>
          signing.parseSigners(await readSigners(fleet.hosts.get(host)), host).map((signer) => ({
            host,
            name: signer.name,
            fingerprint: signing.fingerprintOfSigner(signer),
            from: signer.validAfter ?? null,
            until: signer.validBefore ?? null,
            valid: signing.isValidAt(signer, nowMs),
          })),
        ),
      )
    ).flat();
    context.output.result('tearless.live-signers/v1', { signers }, () =>
      signers.length === 0
        ? ["no host trusts anybody to sign live updates: 'tearless live key trust' changes that"]
        : renderTable(signers, [
            { title: 'HOST', cell: ({ host }) => host },
            { title: 'NAME', cell: ({ name }) => name },
            { title: 'KEY', cell: ({ fingerprint }) => fingerprint },
            { title: 'FROM', cell: ({ from }) => describeTime(from) },
            { title: 'UNTIL', cell: ({ until }) => describeTime(until) },
            { title: '', cell: ({ valid }) => (valid ? '' : 'not now') },
          ]),
    );
    return exitCodes.done;
  },
});
