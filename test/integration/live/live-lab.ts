// A private network whose tors run a build that has a successor, for live updates of one of them at a time: refused ones first, then
// forward and back.
import assert from 'node:assert/strict';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import type { LabRecord } from '@tearless/lab/base/lab-state.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import type { NodeCounts, NodePlan } from '@tearless/lab/network/node-plan.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import type { PreparedUpdate } from 'tearless/live/apply/prepare-update.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { endsMidWay, prepare, type Step, survivesFaults } from './bad-updates.ts';
import { compileMeans, loadBuild, type Means, patience } from './means.ts';

const startWithinMs = 5 * 60_000;

/** How many there are of each role, and what some of them have in their torrc. */
export interface LiveLabShape extends NodeCounts {
  readonly linesOf?: (plan: NodePlan) => readonly string[];
}

interface Made {
  readonly lab: LabRecord;
  readonly network: Network;
  readonly means: Means;
  readonly former: LiveBuild;
  readonly next: LiveBuild;
  readonly tor: string;
}

export class LiveLab implements AsyncDisposable {
  readonly lab: LabRecord;
  readonly network: Network;
  readonly means: Means;
  readonly former: LiveBuild;
  readonly next: LiveBuild;
  /** The program of the former build, which all tors are started from. */
  readonly tor: string;
  readonly #closing: AsyncDisposableStack;

  private constructor({ lab, network, means, former, next, tor }: Made, closing: AsyncDisposableStack) {
    this.lab = lab;
    this.network = network;
    this.means = means;
    this.former = former;
    this.next = next;
    this.tor = tor;
    this.#closing = closing;
  }

  /** Leaves nothing when it fails. */
  static async start(name: string, { linesOf, ...counts }: LiveLabShape): Promise<LiveLab> {
    await using closing = new AsyncDisposableStack();
    const directories = await ensureBuilds(successorEdits.slice(0, 1));
    const [former, next] = directories.map(loadBuild);
    assert.ok(former !== undefined && next !== undefined);
    const tor = `${directories[0]}/tor`;
    const means = closing.use(compileMeans());
    closing.defer(() => dropLab(name));
    const lab = await claimLab(name);
    const network = await startNetwork({
      ...counts,
      lab,
      ownerPid: process.pid,
      timeoutMs: startWithinMs,
      ownOf: (plan) => ({ tor, extraTorrc: [...(linesOf?.(plan) ?? [])] }),
    });
    closing.defer(() => network.stop());
    return new LiveLab({ lab, network, means, former, next, tor }, closing.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
  }

  nodeOf(nickname: string): NetworkNode {
    const node = this.network.nodes.find((one) => one.nickname === nickname);
    assert.ok(node !== undefined, nickname);
    return node;
  }

  get step(): Step {
    return { means: this.means, former: this.former, next: this.next };
  }

  prepared(node: NetworkNode): Promise<PreparedUpdate> {
    return prepare(this.step, node.pid ?? 0);
  }

  /** Updates that had to fail come first. */
  async begin(node: NetworkNode): Promise<Streak> {
    await survivesFaults(this.step, (await this.prepared(node)).plan, this.tor);
    await this.runs(node, 0);
    return Streak.begin({ door: this.means.door, pid: node.pid ?? 0, build: this.former, ...patience });
  }

  /** @param generation 0: the former build; 1: the next */
  async runs(node: NetworkNode, generation: 0 | 1): Promise<void> {
    const version = await (await node.control).getInfo('version');
    assert.equal(version.includes(suffixOf(1)), generation === 1, version);
  }

  /** One that ends in the middle of an update is reported. */
  async endsMidWay(node: NetworkNode): Promise<void> {
    await endsMidWay(this.step, (await this.prepared(node)).plan);
  }
}
