// What an experiment is: its arms, its relays, and how they came to their arms. Values only; figures are in measurements.ts.

export interface Arm {
  /** Short, unique: `A`, `Z`, `mimalloc`. */
  readonly id: string;
  /** For people: `mimalloc 2.1.2`. */
  readonly name: string;
  /** What its relays were given, as written down: allocator, torrc options, `restart_interval`. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** When it joined, where that was later than the others. */
  readonly addedMs?: number;
}

export interface ExperimentRelay {
  /** Unique in the experiment: `HOST/INSTANCE` for relays that Tearless collects, else the nickname. */
  readonly id: string;
  readonly nickname: string;
  /** 40 upper-case hexadecimal digits, where any source told it. */
  readonly fingerprint?: string;
  /** Id of the arm it was assigned to; undefined for relays that were only measured along. */
  readonly arm?: string;
  /** The block inside which it was assigned at random; undefined where nothing says that it was. */
  readonly block?: string;
  /**
   * What a list of relays says of it beside the arm, by column: `allocator`, `config`, `notes`, `dircache`, `maxmem`.
   * Empty fields are left out.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How relays came to their arms. */
export interface Assignment {
  readonly method: 'random' | 'unknown';
  /** Seed of the random assignment. */
  readonly seed?: string;
}

export interface ExperimentInfo {
  /** The name it has in the store and on the command line. */
  readonly id: string;
  readonly title: string;
  readonly hypothesis?: string;
  readonly description?: string;
  readonly torVersion?: string;
  /** The template that it was designed by: what is looked at besides memory. */
  readonly template?: string;
  readonly arms: readonly Arm[];
  /** Id of the arm that all others are compared with; undefined where none is named so. */
  readonly control: string | undefined;
  readonly assignment: Assignment;
  /** When the first relay of an experiment that Tearless starts was about to get its treatment; `startMs` is when the last one had it. */
  readonly beganMs?: number;
  /** As written down; samples may begin earlier or end later. Milliseconds since 1970-01-01 UTC, as all times here. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** The interval at which samples were planned, where that is known. */
  readonly sampleEveryMs?: number;
  /** `naive`: times were written without a zone and are read as if in UTC. */
  readonly timeZone: 'utc' | 'naive';
}
