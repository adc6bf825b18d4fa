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

export interface Tables {
  runs: RunsTable;
  entries: EntriesTable;
  locks: LocksTable;
}
