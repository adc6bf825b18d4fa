// A step that was cut off inside its effect: what it shows of its effect may stand although the rest of it does not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sha256Hex } from '../base/json.ts';
import { HostError } from '../host/host-error.ts';
import { applyPlan } from './engine.ts';
import { dropInOf, extraStep, plannedText, planOf, relayItem } from './testing/fleet.ts';
import { openTestWorld } from './testing/world.ts';

const relay = { host: 'h1', relay: 'a' };

it('a file that went before the connection was cut takes its directory and its record along', async () => {
  await using world = await openTestWorld([relay]);
  await applyPlan({ ...world.setup(), plan: planOf([relayItem(relay)]) });
  const { steps, ...item } = relayItem(relay);
  const params = { path: dropInOf('a'), expects: sha256Hex(plannedText('a')), adopted: false };
  const others = steps
    .slice(1)
    .map((step) => (step.id === 'restart' ? { ...step, params: { ...step.params, wants: '' } } : step));
  const plan = planOf([{ ...item, gates: [], steps: [extraStep('drop-in', 'file.remove', params, '-'), ...others] }]);
  let cuts = 0;
  const faults = () => ({
    onRequest: (moment: string, request: string) => {
      if (moment !== 'after' || request !== 'remove' || cuts > 0) return;
      cuts += 1;
      throw new HostError({ kind: 'unreachable', code: 'ssh-connection-lost', message: 'cut', retryable: true });
    },
  });
  const result = await applyPlan({ ...world.setup({}, faults), plan });
  assert.deepEqual([result.outcome, cuts], ['done', 1]);
  const seen = world.look().h1 ?? {};
  assert.equal(seen.owned, JSON.stringify({ files: [], directories: [] }));
  assert.deepEqual(
    Object.keys(seen).filter((path) => path.includes('service.d')),
    [],
  );
});
