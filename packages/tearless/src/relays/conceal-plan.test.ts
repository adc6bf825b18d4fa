import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import { instancePaths } from '../daemon/instance.ts';
import { concealPlan } from './conceal-plan.ts';
import { planFleet } from './plan-fleet.ts';
import { configHead, fileFacts, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const secrets = ['16:872860B76453A77D', '192.0.2.7:443', '192.0.2.8:443'];
const [hash, former, planned] = secrets;
const torrc = fileFacts(
  instancePaths('a').torrcPath,
  `Nickname a\nORPort 9001\nHashedControlPassword ${hash}\nBridge ${former}\n`,
);
const plan = planFleet({
  desired: resolveDesired(
    parseConfig(
      `${configHead(['h1'])}relays: [h1/a]\nsettings:\n  - { select: "*", torrc: { Bridge: "${planned}" } }\n`,
      'tearless.yaml',
    ),
  ),
  observation: observe(sampleHost('h1', [sampleInstance('a', { torrc: [torrc] })])),
  network: undefined,
  baseline: new Map(),
  limit: () => true,
  acceptHsDirLoss: false,
  planId: 'p',
  createdAtMs: 1_700_000_000_000,
});

it('keeps the whole torrc, which is what will be applied', () => {
  const [write] = plan.items[0]?.steps ?? [];
  assert.equal(write?.params.content, torrc.text.replace(former ?? '', planned ?? ''));
});

it('names secret options where people read it, tells their values apart, and shows none', () => {
  const [write] = plan.items[0]?.steps ?? [];
  assert.deepEqual(write?.detail?.slice(1), [
    ' ORPort 9001',
    ' HashedControlPassword [sensitive 1]',
    '-Bridge [sensitive 2]',
    '+Bridge [sensitive 3]',
  ]);
});

it('is printed without any secret value', () => {
  const text = JSON.stringify(concealPlan(plan));
  assert.deepEqual(
    secrets.filter((secret) => text.includes(secret)),
    [],
  );
  assert.match(text, /"name":"Bridge"/);
});
