// Where a key of a balanced service lies, or a copy of one: what `balance keys show` lists. Values only.

export interface KeyPlace {
  /** `copy`: of a worker's key, with another tor; `left`: of a worker that was. */
  readonly kind: 'identity' | 'presigned' | 'clients' | 'worker' | 'copy' | 'left' | 'probe' | 'login' | 'state';
  /** The service's name; for what is of no service alone null. */
  readonly service: string | null;
  /** For people: whose key, or what else. */
  readonly what: string;
  /** A path here, or `HOST: INSTANCE/DIRECTORY`. */
  readonly where: string;
  /** Four octal digits; null where it is not on this machine, or not there. */
  readonly mode: string | null;
  /** Null: for ever. */
  readonly untilMs: number | null;
  readonly problems: readonly string[];
}
