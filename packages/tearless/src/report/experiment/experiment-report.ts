// The result of an experiment as values: what `experiment report --json` prints and every page and chart shows.

/** Mean with its 95 % interval; no interval from fewer than five relays, whose figures then stand in `values`. */
export interface ArmEstimate {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** One figure a relay, ascending; only where there are fewer than five. */
  readonly values?: readonly number[];
  /**
   * Skewness of the relays' figures above 1: bootstrap-t beside it; null where it would reach to what cannot be, such as
   * memory below zero, and thus says nothing.
   */
  readonly bootstrapT?: { readonly low: number; readonly high: number } | null;
}

export interface VersusControl {
  readonly ratio: ArmEstimate | null;
  readonly difference: ArmEstimate;
  /** Step-down max-t over arms; null where none may be given (exploratory, or too few relays). */
  readonly adjustedP: number | null;
  /** The window that arm and control are compared over: a late arm has its own. */
  readonly window: ReportWindow;
}

export interface ReportWindow {
  /** ISO 8601, UTC. */
  readonly from: string;
  readonly to: string;
}

export interface ArmFigures {
  readonly relays: number;
  readonly rssBytes: ArmEstimate | null;
  readonly slopeBytesPerDay: ArmEstimate | null;
  readonly versusControl: VersusControl | null;
  readonly restarts: number;
}

export interface ReportArm {
  readonly id: string;
  readonly name: string;
  readonly asAssigned: ArmFigures;
  readonly clean: ArmFigures;
  readonly exclusions: readonly { readonly relay: string; readonly code: string; readonly cause: string }[];
  /** Why a figure is missing or to be read with care, in sentences. */
  readonly limitations: readonly string[];
  /** The window that its figures are of, where it is not the report's: a late arm, or whole cycles of its own. */
  readonly window?: ReportWindow & { readonly why: string };
  /** What it was judged by beside memory; undefined for control, empty where nothing was measured. */
  readonly guardrails?: readonly ReportGuardrail[];
}

export interface ReportGuardrail {
  /** `bandwidth`, `flag Guard`, `crashes`. */
  readonly name: string;
  readonly broken: boolean;
  /** One-sided, against control, Holm over the arm's guardrails. */
  readonly adjustedP: number;
  /** What was found, without a full stop. */
  readonly message: string;
}

export interface OutcomeVersus {
  readonly ratio: ArmEstimate | null;
  /** Null where it is not published. */
  readonly difference: ArmEstimate | null;
  /** Max-t over arms, Holm over outcomes; null with too few relays. */
  readonly adjustedP: number | null;
}

/** One arm in what a template looks at besides memory: as assigned, every relay that was measured. */
export interface OutcomeArm {
  readonly arm: string;
  readonly relays: number;
  /** In the outcome's unit, of one relay a day; null without a relay, or where it is not published. */
  readonly mean: ArmEstimate | null;
  /** Null for control, and where there is nothing to compare. */
  readonly versusControl: OutcomeVersus | null;
  /** Why a figure is missing or to be read with care. */
  readonly limitation: string | null;
}

export interface ReportOutcome {
  /** `hsDirHours`, `bytesCarried`, `circuitsCut`. */
  readonly id: string;
  readonly title: string;
  readonly unit: 'hours' | 'bytes' | 'connections';
  readonly better: 'higher' | 'lower';
  readonly definition: string;
  readonly window: ReportWindow;
  readonly arms: readonly OutcomeArm[];
}

export interface Verdict {
  /** `association` where arms were not randomised. */
  readonly wording: 'effect' | 'association';
  /** Id of the arm with the lowest memory that is told apart from control and breaks no guardrail; null: none. */
  readonly best: string | null;
  readonly sentences: readonly string[];
}

export interface ReportFinding {
  readonly code: string;
  readonly kind: string;
  readonly severity: string;
  readonly arm?: string;
  readonly relays: readonly string[];
  readonly message: string;
}

export interface ExperimentReport {
  readonly schema: 'tearless.experiment-report/v1';
  readonly experiment: string;
  readonly title: string;
  readonly window: ReportWindow & {
    /** How it was chosen, in a sentence. */
    readonly how: string;
  };
  readonly control: string | null;
  readonly seed: string;
  readonly arms: readonly ReportArm[];
  readonly verdict: Verdict;
  /** Why the clean figures have no p value, in a sentence; undefined where they may have one. */
  readonly exploratory?: string;
  /** What its template looks at besides memory; undefined without a template. */
  readonly outcomes?: readonly ReportOutcome[];
  /** What is wrong with the data as a whole, in sentences; undefined where nothing is. An arm's own stand with the arm. */
  readonly limitations?: readonly string[];
}

/** One arm over time, for charts: bins of the mean over its relays with its interval. */
export interface ArmTimeline {
  readonly arm: string;
  readonly atMs: readonly number[];
  readonly meanBytes: readonly number[];
  /** NaN where a bin has fewer than five relays. */
  readonly lowBytes: readonly number[];
  readonly highBytes: readonly number[];
  readonly restartsMs: readonly number[];
}

export interface RelayDot {
  readonly relay: string;
  readonly arm: string;
  readonly meanBytes: number;
  readonly slopeBytesPerDay: number | null;
  /** Code of its exclusion, where it has one. */
  readonly excluded?: string;
}

/** What a published page must not show, wherever a sentence happens to say it. */
export interface PrivateNames {
  /** Every relay of the experiment, those without an arm as well. `relay` is its id as used in the report. */
  readonly relays: readonly { readonly relay: string; readonly nickname: string; readonly fingerprint?: string }[];
  /** Hosts and servers, also by their former names. */
  readonly hosts: readonly string[];
}

/** All that a page about an experiment shows. */
export interface ExperimentPicture {
  readonly report: ExperimentReport;
  readonly hypothesis?: string;
  readonly findings: readonly ReportFinding[];
  readonly timelines: readonly ArmTimeline[];
  readonly dots: readonly RelayDot[];
  readonly names: PrivateNames;
  readonly data: {
    readonly relays: number;
    readonly samples: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly sources: readonly { readonly name: string; readonly sha256: string; readonly rows: number }[];
  };
  /** Sentences on the method, with sources. */
  readonly method: readonly string[];
  /** Commands that make the same report again. */
  readonly reproduce: readonly string[];
}
