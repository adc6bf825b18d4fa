// What both processes of the simulation agree on.

export interface World {
  readonly frontends: number;
  /** Of each frontend. */
  readonly workers: number;
  readonly relays: number;
}

export const frontendName = (frontend: number): string => `frontend ${frontend}`;
export const workerName = (frontend: number, worker: number): string => `worker ${frontend} ${worker}`;

export type Question =
  /** A worker's descriptor as its own tor has it. */
  | { readonly ask: 'descriptor'; readonly address: string }
  /** Of all services, each frontend followed by its workers. */
  | { readonly ask: 'addresses' }
  /** The event of a new consensus, as it stands on the control port. */
  | { readonly ask: 'new-consensus' };
