// One of two relays of a twin network: filled with circuits and connections, with streams of each kind through it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { NetworkNode } from '../network/network-node.ts';
import { openControl } from '../network/node-control.ts';
import { dirPort, orPort } from '../network/node-plan.ts';
import { HeldStream, type HeldStreamOptions } from '../traffic/held-stream.ts';
import { connectSocks } from '../traffic/socks.ts';
import { HeldRequest } from './held-request.ts';
import { IdleConnections } from './idle-connections.ts';

export type TwinFilling = { readonly circuits: number; readonly connections: number; readonly streams: number };

/** What is kept in all the time of a rehearsal. */
export type TwinThing = {
  readonly kind: 'exit' | 'onion' | 'directory' | 'control';
  readonly name: string;
  readonly cut: string | undefined;
  moves(withinMs: number): Promise<void>;
  finish(): Promise<void>;
};

export type TwinPace = Omit<HeldStreamOptions, 'name'>;

export type TwinClients = {
  /** Leaves the network by it. */
  readonly exit: NetworkNode;
  /** Enters the network by it: a relay cannot be both on one circuit. */
  readonly onion: NetworkNode;
};

export type TwinPlaces = {
  readonly exit: { readonly host: string; readonly port: number };
  readonly onion: { readonly host: string; readonly port: number };
};

/** What one small network can carry beside everything else. */
export const mostFilled: TwinFilling = { circuits: 300, connections: 200, streams: 20 };

const openWithinMs = 120_000;
const fillWithinMs = 90_000;
const circuitsAtOnce = 20;
const pollMs = 250;
/** Connections that the network makes by itself: to each of its relays and clients. */
const ownConnections = 8;

export class TwinRelay {
  readonly #node: NetworkNode;
  readonly #clients: TwinClients;
  readonly #others: readonly string[];
  readonly #places: TwinPlaces;
  readonly #idle = new IdleConnections();
  readonly #dropping: (() => void)[] = [];
  #turn = 0;

  /** @param others fingerprints of relays that circuits through it may begin and end with */
  constructor(node: NetworkNode, clients: TwinClients, others: readonly string[], places: TwinPlaces) {
    this.#node = node;
    this.#clients = clients;
    this.#others = others;
    this.#places = places;
  }

  get pid(): number {
    const { pid } = this.#node;
    if (pid === undefined) throw new Error(`${this.#node.nickname} does not run`);
    return pid;
  }

  async version(): Promise<string> {
    return (await this.#node.control).getInfo('version');
  }

  /** Lets its clients go by it and no other way, and never by the other of the two: what befalls one is nothing to the other. */
  async route(other: TwinRelay): Promise<void> {
    const [own, ExcludeNodes] = [named(this.#node), named(other.#node)];
    const [exit, onion] = await Promise.all([this.#clients.exit.control, this.#clients.onion.control]);
    await Promise.all([
      exit.setConf({ ExitNodes: own, ExcludeNodes }),
      onion.setConf({ EntryNodes: own, ExcludeNodes }),
    ]);
  }

  async fill(wanted: TwinFilling): Promise<TwinFilling> {
    const circuits = await this.#fillCircuits(Math.min(wanted.circuits, mostFilled.circuits));
    const idle = Math.max(0, Math.min(wanted.connections, mostFilled.connections) - ownConnections);
    const opened = await this.#idle.open({ host: this.#node.plan.address, port: orPort }, idle);
    const count = Math.min(wanted.streams, mostFilled.streams);
    const streams = await Promise.all(Array.from({ length: count }, () => this.#open('exit')));
    return { circuits, connections: opened + ownConnections, streams: streams.length };
  }

  async #fillCircuits(wanted: number): Promise<number> {
    const control = await this.#clients.exit.control;
    const [first, last] = [this.#others[0], this.#others.at(-1)];
    const path = [first, this.#node.fingerprint, last].map((fingerprint) => `$${fingerprint ?? ''}`);
    const deadlineMs = Date.now() + fillWithinMs;
    let built = await countBuilt(control, this.#node.fingerprint);
    while (built < wanted && Date.now() < deadlineMs) {
      const some = Math.min(circuitsAtOnce, wanted - built);
      // One that is refused is asked for again in the next turn.
      await Promise.all(Array.from({ length: some }, () => control.extendCircuit({ path }).catch(() => undefined)));
      await delay(pollMs);
      built = await countBuilt(control, this.#node.fingerprint);
    }
    return built;
  }

  async hold(): Promise<readonly TwinThing[]> {
    const [exit, onion] = await Promise.all([this.#open('exit'), this.#open('onion')]);
    const request = await HeldRequest.begin({ address: this.#node.plan.address, port: dirPort });
    this.#dropping.push(() => request.drop());
    return [exit, onion, request, await this.#holdControl()];
  }

  async #holdControl(): Promise<TwinThing> {
    const control = await openControl(this.#node.plan, AbortSignal.timeout(openWithinMs));
    this.#dropping.push(() => void control.close());
    let cut: string | undefined;
    void control.closed.catch(() => undefined).then(() => (cut = 'closed'));
    const ask = async (withinMs: number): Promise<void> => {
      await control.getInfo('version', { signal: AbortSignal.timeout(withinMs) });
    };
    return {
      kind: 'control',
      name: 'a control connection',
      get cut() {
        return cut;
      },
      moves: ask,
      finish: () => ask(openWithinMs),
    };
  }

  /** A stream of its own circuit, opened as often as it takes: a network of seconds loses some. */
  async #open(kind: 'exit' | 'onion', pace: TwinPace = {}): Promise<TwinThing> {
    const deadlineMs = Date.now() + openWithinMs;
    const { socksSocket = '' } = this.#clients[kind].plan;
    for (;;) {
      this.#turn += 1;
      const name = `${kind} stream ${this.#turn} through ${this.#node.nickname}`;
      try {
        const target = { ...this.#places[kind], username: name.replaceAll(' ', '-') };
        const stream = new HeldStream(await connectSocks(socksSocket, target, AbortSignal.timeout(openWithinMs)), {
          name,
          ...pace,
        });
        this.#dropping.push(() => stream.drop());
        await stream.moves();
        return {
          kind,
          name,
          get cut() {
            return stream.cut;
          },
          moves: (withinMs) => stream.moves(withinMs),
          finish: async () => void (await stream.finish()),
        };
      } catch (error) {
        if (Date.now() > deadlineMs) throw error;
        await delay(pollMs);
      }
    }
  }

  /** Streams that carry as much as they can. */
  async push(streams: number, pace: TwinPace): Promise<void> {
    await Promise.all(Array.from({ length: streams }, () => this.#open('exit', pace)));
  }

  /** All that it wrote since it began, for whatever circuits: it is in the middle of some of the other's. */
  async writtenBytes(): Promise<number> {
    return Number(await (await this.#node.control).getInfo('traffic/written'));
  }

  async serves(): Promise<void> {
    await (await this.#open('exit')).finish();
  }

  close(): void {
    this.#idle.close();
    for (const drop of this.#dropping) drop();
  }
}

const named = ({ fingerprint = '' }: NetworkNode): string => `$${fingerprint}`;

/** Circuits of a client that are whole and lead through a relay. */
const countBuilt = async (control: Controller, fingerprint: string | undefined): Promise<number> => {
  const lines = (await control.getInfo('circuit-status')).split('\n');
  return lines.filter((line) => line.includes(' BUILT ') && line.includes(`$${fingerprint}`)).length;
};
