// Makes one plan in a fresh process, as the command line does, and prints how long each part took, as JSON in milliseconds.
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { resolveDesired } from 'tearless/config/desired.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { viewConsensus } from 'tearless/daemon/network-view.ts';
import { planFleet } from 'tearless/relays/plan-fleet.ts';
import { hostCount, makeSample, relaysPerHost } from './sample.ts';

const { config, facts, consensus, atMs } = makeSample();

const times: number[] = [performance.now()];
const desired = resolveDesired(parseConfig(config, 'tearless.yaml'));
times.push(performance.now());
const network = viewConsensus(parseConsensus(consensus));
times.push(performance.now());
const plan = planFleet({
  desired,
  observation: { hosts: new Map(facts.map((each) => [each.host, each])), unreachable: new Map() },
  network,
  baseline: new Map(),
  limit: () => true,
  // All of them at once: the most that there can be to plan.
  acceptHsDirLoss: true,
  planId: 'bench',
  createdAtMs: atMs,
});
times.push(performance.now());

const expected = hostCount * relaysPerHost;
if (plan.cost.restarts !== expected)
  throw new Error(`the plan restarts ${plan.cost.restarts} relays, not all ${expected}`);

const [startMs = 0, configMs = 0, networkMs = 0, endMs = 0] = times;
process.stdout.write(
  `${JSON.stringify({ config: configMs - startMs, network: networkMs - configMs, plan: endMs - networkMs })}\n`,
);
