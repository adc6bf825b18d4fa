// The cheapest way to send as much as possible through a small network: successive shortest paths (Busacker & Gowen, 1960),
// each found by queue (Bellman, Ford, Moore). Costs may be negative where they make no cycle. Knows nothing of layouts.

/** Directed arcs with whole capacities and costs; arc 2i+1 is the way back of arc 2i. */
export class FlowNetwork {
  readonly #to: number[] = [];
  readonly #room: number[] = [];
  readonly #cost: number[] = [];
  readonly #from: number[][] = [];

  /** @returns the number of a new node */
  addNode(): number {
    return this.#from.push([]) - 1;
  }

  /** @returns the number of a new arc, for flowOf */
  addArc(from: number, to: number, capacity: number, cost: number): number {
    const arc = this.#to.length;
    this.#to.push(to, from);
    this.#room.push(capacity, 0);
    this.#cost.push(cost, -cost);
    this.#from[from]?.push(arc);
    this.#from[to]?.push(arc + 1);
    return arc;
  }

  flowOf(arc: number): number {
    return this.#room[arc + 1] ?? 0;
  }

  /** Sends all that fits from `source` to `sink`, as cheaply as that can be done. @returns how much */
  send(source: number, sink: number): number {
    let sent = 0;
    for (;;) {
      const path = this.#cheapestPath(source, sink);
      if (path.length === 0) return sent;
      const amount = Math.min(...path.map((arc) => this.#room[arc] ?? 0));
      for (const arc of path) {
        this.#room[arc] = (this.#room[arc] ?? 0) - amount;
        this.#room[arc ^ 1] = (this.#room[arc ^ 1] ?? 0) + amount;
      }
      sent += amount;
    }
  }

  #cheapestPath(source: number, sink: number): number[] {
    const distance = new Float64Array(this.#from.length).fill(Number.POSITIVE_INFINITY);
    const cameBy = new Int32Array(this.#from.length).fill(-1);
    const isWaiting = new Uint8Array(this.#from.length);
    distance[source] = 0;
    const queue = [source];
    for (let head = 0; head < queue.length; head++) {
      const node = queue[head] ?? source;
      isWaiting[node] = 0;
      for (const arc of this.#from[node] ?? []) {
        if ((this.#room[arc] ?? 0) === 0) continue;
        const next = this.#to[arc] ?? node;
        const there = (distance[node] ?? 0) + (this.#cost[arc] ?? 0);
        if (there >= (distance[next] ?? 0)) continue;
        distance[next] = there;
        cameBy[next] = arc;
        if (isWaiting[next] === 0) {
          isWaiting[next] = 1;
          queue.push(next);
        }
      }
    }
    const path: number[] = [];
    for (let node = sink; node !== source; ) {
      const arc = cameBy[node] ?? -1;
      if (arc === -1) return [];
      path.push(arc);
      node = this.#to[arc ^ 1] ?? source;
    }
    return path;
  }
}
