// Comparisons of what two tors or a tor and a document say, on a network whose time periods last minutes. Every tor comes to a new
// consensus some seconds before or after the others, and to what follows from it a moment later.
import assert from 'node:assert/strict';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { BalanceError } from '../../../packages/tearless/src/balance/balance-error.ts';
import {
  fetchedPeriod,
  type NetworkView,
  type PeriodView,
  readNetworkView,
} from '../../../packages/tearless/src/balance/learn/network-view.ts';

/** For what comes by itself, on a machine that does much else. */
export const patienceMs = 300_000;

/** The network as a tor knows it; one that lacks microdescriptors for a moment is waited for. */
export const readView = async (node: Pick<NetworkNode, 'control'>): Promise<NetworkView> => {
  const control = await node.control;
  return waitFor(
    () =>
      readNetworkView(control, true).catch((error: unknown) => {
        if (error instanceof BalanceError && error.code === 'balance-ring-incomplete') return undefined;
        throw error;
      }),
    { what: 'microdescriptors of all directories', timeoutMs: patienceMs, intervalMs: 250 },
  );
};

/** What a tor's consensus says clients look for, and how many seconds are left of it. */
export const readPeriod = async (node: NetworkNode): Promise<PeriodView & { readonly restMs: number }> => {
  const period = fetchedPeriod(await readView(node));
  return { ...period, restMs: period.slot.period.endMs - Date.now() };
};

/** Resolves when that tor's clients look for the descriptor of a later period. */
export const untilPeriodAfter = async (node: NetworkNode, number: number): Promise<void> => {
  const control = await node.control;
  await using events = control.events('NEWCONSENSUS', { signal: AbortSignal.timeout(3 * patienceMs) });
  while ((await readPeriod(node)).slot.period.number <= number) {
    const { done } = await events.next();
    assert.ok(done !== true, 'no later time period came');
  }
};

/** What clients of each of these tors look for, once that is the same. */
export const agreeOnPeriod = async (nodes: readonly NetworkNode[]): Promise<number> => {
  for (;;) {
    const numbers = await Promise.all(nodes.map(async (node) => (await readPeriod(node)).slot.period.number));
    const latest = Math.max(...numbers);
    const late = nodes.filter((_, index) => numbers[index] !== latest);
    if (late.length === 0) return latest;
    await Promise.all(late.map((node) => untilPeriodAfter(node, latest - 1)));
  }
};

/**
 * Does it while all these tors are in the same time period, and does it again where one came to another under it.
 *
 * @param act gets the number of the period; a balancer may take a moment longer to come to it
 */
export const withinPeriod = async <T>(
  nodes: readonly NetworkNode[],
  act: (period: number) => Promise<T>,
): Promise<T> => {
  let period = await agreeOnPeriod(nodes);
  for (;;) {
    try {
      return await act(period);
    } catch (error) {
      const now = await agreeOnPeriod(nodes);
      if (now === period) throw error;
      period = now;
    }
  }
};

/** The period that clients read, with time enough left for what is to be done within it. */
export const periodWithRest = async (
  nodes: readonly [NetworkNode, ...NetworkNode[]],
  leastMs: number,
): ReturnType<typeof readPeriod> => {
  const [first] = nodes;
  for (;;) {
    await agreeOnPeriod(nodes);
    const period = await readPeriod(first);
    if (period.restMs >= leastMs) return period;
    await untilPeriodAfter(first, period.slot.period.number);
  }
};
