// The tables as Kysely sees them. Columns use only what SQLite and PostgreSQL both have: text, big integers, no JSON type.

/** One run of a plan. */
export interface RunsTable {
  run: string;
  fleet: string;
  /** Milliseconds since 1970-01-01 UTC. */
  created_ms: number;
  /** The plan's JSON, or the part of it that the hosts gave back. */
  plan: string;
  /** `done`, `undone`, …; null while the run is open. Written with the entry that says so. */
  outcome: string | null;
}

/** The journal: one row an event, in the order in which it was written or learnt. */
export interface EntriesTable {
  run: string;
  /** 1, 2, 3, … within the run. */
  seq: number;
  /** Unique within the run on every machine that ever wrote to it. */
  id: string;
  at_ms: number;
  event: string;
}

/** Who may change a fleet now. */
export interface LocksTable {
  name: string;
  run: string;
  holder: string;
  since_ms: number;
}

/** One experiment as it was declared; what its files say of it stands with them. */
export interface ExperimentsTable {
  id: string;
  created_ms: number;
  /** `staged` until its first import has come to its end: nobody reads it; `live` afterwards. */
  state: string;
  info: string;
}

/** Relays of an experiment that Tearless assigned. */
export interface ExperimentRelaysTable {
  experiment: string;
  seq: number;
  relay: string;
}

/** A file that was read, or a host that is collected from. */
export interface ExperimentSourcesTable {
  /** Unique over all experiments. */
  source: string;
  experiment: string;
  name: string;
  /** `staged` while an import goes on: nobody reads it; `live` afterwards. */
  state: string;
  kind: string;
  /** How it was read: the same bytes read in the same way give the same rows. */
  reader: string;
  sha256: string;
  bytes: number;
  rows: number;
  /** JSON of a small file; null where all lies in blocks. */
  document: string | null;
  problems: string;
  imported_ms: number;
}

/** Measurements in columns: thousands of rows a block. */
export interface MeasurementBlocksTable {
  source: string;
  seq: number;
  kind: string;
  from_ms: number;
  to_ms: number;
  rows: number;
  /** JSON: what the numbers in the columns stand for. */
  head: string;
  data: Uint8Array;
}

/** Small documents that go with an experiment: looks, checklists. */
export interface ExperimentNotesTable {
  experiment: string;
  seq: number;
  kind: string;
  at_ms: number;
  json: string;
}

/** A host that could not be asked. */
export interface ExperimentGapsTable {
  experiment: string;
  host: string;
  at_ms: number;
  reason: string;
}

/** A balanced onion service; the document says what it is and how it stands. */
export interface BalanceFrontendsTable {
  /** With `.onion`. */
  address: string;
  updated_ms: number;
  document: string;
}

/** What is known of a worker of a frontend. */
export interface BalanceWorkersTable {
  frontend: string;
  worker: string;
  updated_ms: number;
  document: string;
}

/** What was last published for a time period, and which directory took it. */
export interface BalanceRoundsTable {
  frontend: string;
  period: number;
  published_ms: number;
  document: string;
}

/** The highest revision counter used with a blinded key. */
export interface BalanceCountersTable {
  /** The blinded key in base64. */
  descriptor: string;
  /** Decimal: up to 64 bits. */
  counter: string;
  at_ms: number;
}

/** A worker of a frontend that a person wants drained. */
export interface BalanceDrainsTable {
  frontend: string;
  worker: string;
  since_ms: number;
}

/** A process that holds leases, and its pulse. */
export interface LeaseHoldersTable {
  /** Unique to one life of a process. */
  holder: string;
  /** JSON: whose it is and where it runs. */
  process: string;
  /** Counts up while it lives. */
  beat: number;
  /** Of the last beat, by the database's clock. */
  at_ms: number;
}

/** What only one process may do at a time. */
export interface LeasesTable {
  name: string;
  /** Counts up whenever it is taken. */
  term: number;
  /** null while nobody has it. */
  holder: string | null;
}

export interface Tables {
  runs: RunsTable;
  entries: EntriesTable;
  locks: LocksTable;
  experiments: ExperimentsTable;
  experiment_relays: ExperimentRelaysTable;
  experiment_sources: ExperimentSourcesTable;
  measurement_blocks: MeasurementBlocksTable;
  experiment_notes: ExperimentNotesTable;
  experiment_gaps: ExperimentGapsTable;
  balance_frontends: BalanceFrontendsTable;
  balance_workers: BalanceWorkersTable;
  balance_rounds: BalanceRoundsTable;
  balance_counters: BalanceCountersTable;
  balance_drains: BalanceDrainsTable;
  lease_holders: LeaseHoldersTable;
  leases: LeasesTable;
}
