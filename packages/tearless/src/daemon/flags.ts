// What a change does to a relay's flags, by the rules of the directory authorities (dir-spec §3.4.2 "Assigning flags in a
// vote"; tor 0.4.9 src/feature/dirauth/{voteflags,reachability}.c). Pure: from the flags a relay has now and what will be
// done to it. It says what is certain; thresholds that depend on the whole network (medians, quartiles) are left alone.

/** MinUptimeHidServDirectoryV2: what an authority wants to see in the descriptor's own `uptime` before it votes HSDir. */
export const hsDirUptimeHours = 96;

/**
 * The longest outage that no authority can notice. Each tests a relay every 1,280 s (128 slices, one every 10 s) and calls
 * it down 2,700 s after the last success: an outage below 1,280 s hides one test at most, a gap of 2,560 s. Taken a little
 * shorter, for the TLS handshake's own time.
 */
export const unnoticedOutageSeconds = 1_200;

/** REACHABLE_TIMEOUT: no success for this long is down for sure. */
const reachableTimeoutSeconds = 2_700;

export interface FlagState {
  /** As the consensus lists them. */
  readonly flags: ReadonlySet<string>;
  /** How long the process runs; undefined when not known. */
  readonly uptimeSeconds?: number;
}

export interface FlagChange {
  /** A reload keeps the process and its uptime; a restart ends both. */
  readonly activation: 'none' | 'reload' | 'restart';
  /** How long the ORPort answers nobody. */
  readonly outageSeconds: number;
  /** torrc options as they will be set, last value of each; names in any case. */
  readonly options?: ReadonlyMap<string, string>;
  /** On a private network the authorities grant flags by their own configuration: uptime counts for nothing. */
  readonly network: 'public' | 'lab';
}

export interface FlagLoss {
  readonly flag: string;
  /** Hours until the relay can have it again; undefined: as long as the cause stands. */
  readonly hours?: number;
  /** `restart`, `outage`, or the option that costs it: `DirCache 0`. */
  readonly cause: string;
  /** False when the relay only might lose it. */
  readonly certain: boolean;
}

const activeFlags = ['Running', 'Fast', 'Stable', 'Guard', 'HSDir', 'Exit', 'V2Dir'];

/**
 * @returns the flags that this relay has and loses, most lasting cause first; each flag once
 */
export const flagsLost = (state: FlagState, change: FlagChange): FlagLoss[] => {
  const losses = new Map<string, FlagLoss>();
  const lose = (flag: string, loss: Omit<FlagLoss, 'flag'>): void => {
    if (state.flags.has(flag) && !losses.has(flag)) losses.set(flag, { flag, ...loss });
  };
  const options = new Map([...(change.options ?? [])].map(([name, value]) => [name.toLowerCase(), value]));
  const dirCache = options.get('dircache');
  if (dirCache === '0') {
    // no tunnelled-dir-server line: no V2Dir, which Guard and HSDir both want
    for (const flag of ['V2Dir', 'Guard', 'HSDir']) lose(flag, { cause: 'DirCache 0', certain: true });
  }
  if (options.get('exitrelay') === '0') lose('Exit', { cause: 'ExitRelay 0', certain: true });
  if (change.network === 'lab') return [...losses.values()];
  if (change.activation === 'restart') {
    // MIN(authority's own observation, uptime in the descriptor): a restart sets the second to 0, however short it is
    lose('HSDir', { hours: hsDirUptimeHours, cause: 'restart', certain: true });
  }
  if (change.outageSeconds >= unnoticedOutageSeconds) {
    const certain = change.outageSeconds >= reachableTimeoutSeconds;
    for (const flag of activeFlags) lose(flag, { hours: change.outageSeconds / 3600, cause: 'outage', certain });
  }
  return [...losses.values()];
};

/**
 * Hours of the way to HSDir that a restart throws away for a relay that has not got the flag yet; 0 when it has it, when
 * its uptime is unknown, or when nothing is restarted.
 */
export const hsDirHoursThrownAway = (state: FlagState, change: FlagChange): number => {
  if (change.activation !== 'restart' || change.network === 'lab' || state.flags.has('HSDir')) return 0;
  return Math.min(hsDirUptimeHours, (state.uptimeSeconds ?? 0) / 3600);
};
