// Makes keys ahead, where the key of the address lies: no tor, no network, no state.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { refusal, usageError } from '../../../core/cli-error.ts';
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

const mostDays = 366;

export const command = defineCommand({
  summary: 'make keys for the coming time periods, so that the key of the address stays offline',
  details:
    'Run it where the key of the address lies; it needs neither tor nor network. Copy the file to the balancer and name it in\nplace of the key. Who has the file can publish descriptors of the address in its periods, and nothing after them; it cannot\nbe called back. A running balancer takes up a new file at the same place by itself.',
  examples: [
    [
      'tearless balance keys presign --days 90 --key frontend.key --out frontend.presigned',
      'for the public network, three months on',
    ],
    [
      'tearless balance keys presign --days 1 --key frontend.key --out frontend.presigned --consensus cached-microdesc-consensus --test-network',
      'for a test network, by the lengths in its consensus',
    ],
  ],
  options: {
    days: { type: 'string', value: 'N', summary: `so many days from now, up to ${mostDays}` },
    key: {
      type: 'string',
      value: 'FILE',
      summary: 'key of the address: hs_ed25519_secret_key or PEM',
      complete: 'file',
    },
    out: {
      type: 'string',
      value: 'FILE',
      summary: 'where to write; an older one of the address is replaced',
      complete: 'file',
    },
    consensus: {
      type: 'string',
      value: 'FILE',
      summary: 'a consensus of another network than the public one, for the lengths of its periods',
      complete: 'file',
    },
    'test-network': { type: 'boolean', summary: 'that network runs with TestingTorNetwork' },
    yes: { type: 'boolean', summary: 'do not ask' },
  },
  json: 'tearless.balance-presigned/v1',
  async run(context, { options }) {
    const { output, surroundings } = context;
    const days = Number(options.days);
    if (options.days === undefined || !Number.isInteger(days) || days < 1 || days > mostDays)
      throw usageError(`--days takes a whole number from 1 to ${mostDays}`, '--days 90');
    if (options.key === undefined || options.out === undefined)
      throw usageError('--key and --out say where the key lies and where the new file goes', '--key FILE --out FILE');
    if (options['test-network'] === true && options.consensus === undefined)
      throw usageError('the consensus of the test network is missing', '--consensus FILE');
    const [{ readIdentity, readKeyFile }, { readPeriodRules }, { writePrivateFile }, { confirm }] = await Promise.all([
      import('../../../core/balance/key-file.ts'),
      import('../../../core/balance/period-rules.ts'),
      import('../../../core/own-files.ts'),
      import('../../../core/confirm.ts'),
    ]);
    const [
      { listPresignPeriods, presignedUntilMs, presignPeriod },
      { renderPresigned },
      { formatInstant },
      { existsSync },
    ] = await Promise.all([
      import('../../../../balance/keys/presigned.ts'),
      import('../../../../balance/keys/presigned-file.ts'),
      import('../../../../report/format.ts'),
      import('node:fs'),
    ]);
    const keyPath = resolve(surroundings.cwd, options.key);
    const outPath = resolve(surroundings.cwd, options.out);
    const { key, problem } = await readIdentity(keyPath);
    if (problem !== null) output.note(`warning: ${keyPath}: ${problem}`);
    if (existsSync(outPath)) {
      const before = await readKeyFile(outPath);
      if (before.kind !== 'presigned' || before.presigned.address !== key.address)
        throw refusal({
          code: 'balance-presigned-other',
          message: `${outPath} is there already, and is not of keys made ahead for ${key.address}`,
          hint: 'name another place with --out',
          subject: outPath,
        });
    }
    const rules = await readPeriodRules(options.consensus, options['test-network'] === true);
    const nowMs = surroundings.clock.now();
    const periods = listPresignPeriods(rules, nowMs, days);
    const untilMs = periods.at(-1)?.endMs ?? 0;
    output.note(`${key.address}: keys for ${periods.length} time periods, until ${formatInstant(untilMs)}`);
    output.note(`  ${keyPath}: the key itself, which is not copied`);
    output.note(
      `  ${outPath}: a secret too. Who has it can publish for the address until then; it cannot be called back`,
    );
    if (options.yes !== true && !(await confirm(context, 'make and write them'))) return exitCodes.refused;
    const random = (length: number) => new Uint8Array(randomBytes(length));
    const presigned = {
      address: key.address,
      publicKey: key.publicKey,
      madeMs: nowMs,
      rules,
      periods: periods.map((period) => presignPeriod(key, period, rules, random)),
    };
    writePrivateFile(outPath, renderPresigned(presigned, key).reveal());
    const value = {
      address: key.address,
      file: outPath,
      periods: periods.length,
      fromMs: periods[0]?.startMs ?? 0,
      untilMs: presignedUntilMs(presigned),
    };
    output.result('tearless.balance-presigned/v1', value, () => [
      `written: ${outPath}; the service can be published until ${formatInstant(value.untilMs)}`,
    ]);
    return exitCodes.done;
  },
});
