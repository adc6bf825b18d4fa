// What an experiment left on a host: where it stands, why it is thought to be the experiment's, and what taking it away means.

/**
 * `remove`: it goes. `ask`: it may be the experiment's, and stays unless a person names it. `by-hand`: it may be the experiment's,
 * and Tearless has no way to take it away. `leave`: a person said that it stays.
 */
export type Verdict = 'remove' | 'ask' | 'by-hand' | 'leave';

export type LeavingAction =
  | {
      readonly kind: 'timer';
      readonly unit: string;
      readonly isActive: boolean;
      readonly isEnabled: boolean;
    }
  | {
      readonly kind: 'unit-file';
      readonly sha256: string;
      /** Ids of the timers that need it: it goes with the last of them. */
      readonly usedBy: readonly string[];
    }
  | {
      readonly kind: 'drop-in';
      /** What is left of the file; null where nothing is. */
      readonly after: string | null;
    }
  | {
      readonly kind: 'option';
      readonly name: string;
      /** What it was before the experiment; absent where it was not set, or nobody knows. */
      readonly former?: readonly string[];
    }
  | {
      readonly kind: 'package';
      readonly name: string;
      readonly version: string;
      /** As it was before the experiment; null: not installed. */
      readonly former: { readonly version: string | null; readonly held: boolean };
    }
  | { readonly kind: 'cron'; readonly sha256: string };

export interface Leaving {
  /** `h1:/etc/cron.d/x:3`, `h1/a:DirCache`: what `--leave` and `--remove` name. */
  readonly id: string;
  readonly host: string;
  /** `host/instance`, where it is one relay's. */
  readonly relay?: string;
  readonly path: string;
  readonly line?: number;
  /** As it stands there. */
  readonly text: string;
  /** `earlier`: outside the fleet's common settings, and no arm of this experiment has it. */
  readonly origin: 'experiment' | 'earlier';
  readonly verdict: Verdict;
  /** Sentences: why it is thought to be the experiment's, or why that is not sure. */
  readonly evidence: readonly string[];
  readonly action: LeavingAction;
}

export const unitDirectory = '/etc/systemd/system';
