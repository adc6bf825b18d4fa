import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { parseCircuit } from '@tearless/tor/control/event/circ.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { Clock } from '../../base/clock.ts';
import { closeCircuits, createPathCheck } from './control-probes.ts';

const never = new AbortController().signal;
const address = 'a'.repeat(56);
const probe = { username: 'tearless-probe-1', onionAddress: `${address}.onion` };

/** A control port with these circuits; those in `gone` have ended by the time that they are to be closed. */
const withCircuits = (lines: readonly string[], gone: readonly string[] = []) => {
  const closed: string[] = [];
  const controller = {
    info: async () => lines.map(parseCircuit),
    closeCircuit: async (id: string) => {
      if (gone.includes(id))
        throw new TorError('unknown circuit', { kind: 'refused', code: 'control-unrecognized-entity', place: 'tor' });
      closed.push(id);
    },
  } as unknown as Controller;
  return { controller, closed };
};

suite('what a probe leaves behind', () => {
  const lines = [
    '1 BUILT PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED SOCKS_USERNAME="tearless-probe-1"',
    `2 BUILT PURPOSE=HS_CLIENT_INTRO HS_STATE=HSCI_INTRO_SENT REND_QUERY=${address}`,
    `3 BUILT PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_ESTABLISHED_IDLE REND_QUERY=${address}`,
    `4 BUILT PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED REND_QUERY=${address}`,
    `5 BUILT PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_ESTABLISHED_IDLE REND_QUERY=${'b'.repeat(56)}`,
    '6 BUILT PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED SOCKS_USERNAME="somebody"',
    `7 BUILT PURPOSE=HS_CLIENT_HSDIR REND_QUERY=${address}`,
    '8 BUILT PURPOSE=GENERAL',
  ];

  test('is closed: its own circuits, and those to the service that lead nobody there yet', async () => {
    const { controller, closed } = withCircuits(lines);
    await closeCircuits(controller, probe, never);
    assert.deepEqual(closed, ['1', '2', '3']);
  });

  test('may have ended by itself', async () => {
    const { controller, closed } = withCircuits(lines, ['1', '2']);
    await closeCircuits(controller, probe, never);
    assert.deepEqual(closed, ['3']);
  });
});

suite('the look at the way', () => {
  const setUp = (events: readonly string[]) => {
    let nowMs = 1_000_000;
    let built = 0;
    const clock: Clock = { now: () => nowMs, sleep: async () => {} };
    const closed: string[] = [];
    const controller = {
      extendCircuit: async () => {
        built += 1;
        return '7';
      },
      closeCircuit: async (id: string) => void closed.push(id),
      events: () => ({
        async *[Symbol.asyncIterator]() {
          for (const line of events) yield { type: 'CIRC', ...parseCircuit(line) };
        },
        [Symbol.asyncDispose]: async () => {},
      }),
    } as unknown as Controller;
    const pass = (ms: number) => {
      nowMs += ms;
    };
    return { findProblem: createPathCheck(controller, clock), pass, closed, built: () => built };
  };

  test('is one circuit for all who ask at once, and for a while after a good one', async () => {
    const { findProblem, pass, closed, built } = setUp(['6 FAILED REASON=TIMEOUT', '7 EXTENDED', '7 BUILT']);
    assert.deepEqual(await Promise.all([findProblem(never), findProblem(never)]), [undefined, undefined]);
    assert.equal(await findProblem(never), undefined);
    assert.equal(built(), 1);
    assert.deepEqual(closed, ['7']);
    pass(60_000);
    assert.equal(await findProblem(never), undefined);
    assert.equal(built(), 2);
  });

  test('tells why tor does not get out, and looks again the next time', async () => {
    const { findProblem, built } = setUp(['7 FAILED REASON=NOPATH']);
    assert.match((await findProblem(never)) ?? '', /NOPATH/);
    assert.match((await findProblem(never)) ?? '', /NOPATH/);
    assert.equal(built(), 2);
  });

  test('is not taken by one who gave up, and a tor that is gone is no way', async () => {
    const { findProblem } = setUp([]);
    assert.match((await findProblem(never)) ?? '', /gone/);
    assert.throws(() => findProblem(AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
