// What is wrong with a configuration or with words of a command is said before anything is touched.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FaultStage, faster } from './stage.ts';

export const describeBadInput = (stage: FaultStage): void => {
  describe('bad input', () => {
    const wrong = [
      {
        what: 'an unknown key',
        wishes: { ...faster, restart: { soka: '1s' } },
        code: 'config-unknown-key',
        says: /:\d+:\d+: .*soak/,
      },
      {
        what: 'a value of the wrong type',
        wishes: { ...faster, restart: { maxFail: 'some' } },
        code: 'config-wrong-type',
        says: /:\d+:\d+: .*maxFail/,
      },
      {
        what: 'a relay that stands there twice',
        wishes: { ...faster, instead: { relays: ['h1/alpha', 'h1/bravo', 'h1/alpha'] } },
        code: 'config-duplicate-relay',
        says: /:\d+:\d+: .*h1\/alpha/,
      },
      {
        what: 'a selector that matches nothing',
        wishes: { settings: [{ select: 'h1/alfa', torrc: { BandwidthRate: '20 MBytes' } }] },
        code: 'config-selects-nothing',
        says: /:\d+:\d+: .*h1\/alpha/,
      },
      {
        what: 'shares that do not add up',
        wishes: { settings: [{ select: '*', allocator: { mimalloc: '90%', jemalloc: '5%' } }] },
        code: 'config-shares',
        says: /:\d+:\d+: .*95 %/,
      },
      {
        what: 'an option that tor does not know',
        wishes: { settings: [{ select: '*', torrc: { BandwithRate: '20 MBytes' } }] },
        code: 'config-unknown-option',
        says: /:\d+:\d+: .*BandwidthRate/,
      },
      {
        what: 'a value that tor would not take',
        wishes: { settings: [{ select: '*', torrc: { BandwidthRate: '1 bananas' } }] },
        code: 'config-option-value',
        says: /:\d+:\d+: .*a size tor understands/,
      },
    ];
    for (const { what, wishes, code, says } of wrong) {
      test(`${what} is refused, with what was meant`, async () => {
        await using operator = stage.fleet.operator(wishes);
        const { error } = (await operator.run(64, 'apply', '--yes')).result;
        assert.equal(error.code, code);
        assert.match(`${error.message} ${error.hint}`, says);
        assert.deepEqual((await operator.run(0, 'run', 'ls')).result.runs, []);
      });
    }

    test('words that the command does not know are refused', async () => {
      await using operator = stage.fleet.operator(faster);
      const wrongWords = [
        ['--limit', 'h1/alfa'],
        ['--serial', '1,x'],
        ['--seriel', '1'],
      ];
      for (const words of wrongWords) await operator.run(64, 'apply', '--yes', ...words);
      assert.deepEqual((await operator.run(0, 'run', 'ls')).result.runs, []);
    });

    test('none of it touched anything', () => stage.fleet.assertUntouched(stage.former));
  });
};
