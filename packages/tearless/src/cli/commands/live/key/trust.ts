// Lets hosts trust a key, or with another time.
import { defineCommand } from '../../../core/command.ts';
import { continueOptions } from '../../../core/continue-options.ts';

export const command = defineCommand({
  summary: 'let hosts trust a key to sign live updates',
  details:
    'Shows and asks. A host that trusts nobody yet takes its first key from root alone: over a login as root, or by an administrator.\nAfterwards its list changes only with the signature of somebody on it.',
  examples: [
    ['tearless live key trust', "the key of 'live key make', on all hosts"],
    ['tearless live key trust ops.pub --host h1 --as ops --until 2027-12-31', 'another, on one host, until then'],
  ],
  positionals: [{ name: 'KEY', summary: 'its .pub file', complete: 'file' }],
  options: {
    host: { type: 'string', value: 'HOST', summary: 'on this host; on all by default', multiple: true },
    as: { type: 'string', value: 'NAME', summary: 'a name for it; the name of the fleet by default' },
    from: { type: 'string', value: 'DAY', summary: 'trusted from then on' },
    until: { type: 'string', value: 'DAY', summary: 'trusted until then' },
    key: { type: 'string', value: 'FILE', summary: 'signs the new list: one that is trusted now', complete: 'file' },
    detail: { type: 'boolean', summary: 'show what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [file] }) {
    const [{ openFleet }, trust, { conductPlan }, { isSameKey }] = await Promise.all([
      import('../../../core/fleet.ts'),
      import('../../../core/live/plan-trust.ts'),
      import('../../../core/live/conduct-plan.ts'),
      import('../../../../live/keys/signers.ts'),
    ]);
    await using fleet = await openFleet(context);
    const { from, until, as: name = fleet.desired.fleet } = options;
    const signer = {
      ...trust.readPublicKey(trust.pathOf(context, file), name),
      ...(from === undefined ? {} : { validAfter: trust.readTime('from', from) }),
      ...(until === undefined ? {} : { validBefore: trust.readTime('until', until) }),
    };
    trust.requireSpan(signer);
    const plan = await trust.planTrust(
      fleet,
      {
        hosts: options.host ?? [],
        key: options.key,
        what: `trust ${trust.describeSigner(signer)}`,
        edit: (signers) => [...signers.filter((one) => !isSameKey(one, signer)), signer],
      },
      context,
    );
    return await conductPlan(fleet, plan, `let these hosts trust ${trust.describeSigner(signer)}`, options, context);
  },
});
