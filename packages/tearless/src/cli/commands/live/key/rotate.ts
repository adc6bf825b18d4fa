// Goes over from one key to another: both are trusted for a while.
import { defineCommand } from '../../../core/command.ts';
import { continueOptions } from '../../../core/continue-options.ts';

export const command = defineCommand({
  summary: 'go over to another key: both are trusted for a while, then only the new one',
  details: 'The present key signs the list on which it ends. From then on the new one is named with --key.',
  examples: [['tearless live key rotate next.pub --overlap 14', 'the present key ends in 14 days']],
  positionals: [{ name: 'KEY', summary: 'the .pub file of the new one', required: true, complete: 'file' }],
  options: {
    host: { type: 'string', value: 'HOST', summary: 'on this host; on all by default', multiple: true },
    as: { type: 'string', value: 'NAME', summary: 'a name for it; the name of the fleet by default' },
    overlap: { type: 'string', value: 'DAYS', summary: 'how long the present key goes on; 14 by default' },
    key: { type: 'string', value: 'FILE', summary: 'the present key', complete: 'file' },
    detail: { type: 'boolean', summary: 'show what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [file = ''] }) {
    const [{ openFleet }, trust, { conductPlan }, { endAt, isSameKey, renderSignerTime }, { usageError }] =
      await Promise.all([
        import('../../../core/fleet.ts'),
        import('../../../core/live/plan-trust.ts'),
        import('../../../core/live/conduct-plan.ts'),
        import('../../../../live/keys/signers.ts'),
        import('../../../core/cli-error.ts'),
      ]);
    const days = Number(options.overlap ?? 14);
    if (!(days > 0 && days <= 366)) throw usageError(`--overlap ${options.overlap} is no number of days`, 'such as 14');
    await using fleet = await openFleet(context);
    const present = trust.readPublicKey(trust.pathOf(context, options.key), 'present');
    const next = trust.readPublicKey(trust.pathOf(context, file), options.as ?? fleet.desired.fleet);
    trust.requireOther(next, present);
    const ends = renderSignerTime(context.surroundings.clock.now() + days * 24 * 3_600_000);
    const plan = await trust.planTrust(
      fleet,
      {
        hosts: options.host ?? [],
        key: options.key,
        what: `trust ${trust.describeSigner(next)}; the former key ends in ${days} days`,
        edit: (signers) => [
          ...signers
            .filter((one) => !isSameKey(one, next))
            .map((one) => (isSameKey(one, present) ? endAt(one, ends) : one)),
          next,
        ],
      },
      context,
    );
    return await conductPlan(fleet, plan, `go over to ${trust.describeSigner(next)}`, options, context);
  },
});
