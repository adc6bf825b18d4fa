// What may be published of a picture: the same figures without the names of relays and hosts. Instants become days and
// figures of single relays three digits. The picture holds no counts of connections, and of bandwidth and MetricsPort figures only
// the sentences of guardrails: a whole arm compared with control, published where that is over a day at least.
import type {
  ArmEstimate,
  ArmFigures,
  ArmTimeline,
  ExperimentPicture,
  ReportArm,
  ReportFinding,
  ReportGuardrail,
  ReportOutcome,
  ReportWindow,
} from '../experiment-report.ts';
import { isKnown, windowMs } from '../figures.ts';
import { choosePseudonyms } from './pseudonyms.ts';
import { byNumber, hideTimes, makeScrub, type Scrub } from './scrub.ts';

const dayMs = 86_400_000;

const threeDigits = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(3)) : value);

const hideFigures = (figures: ArmFigures): ArmFigures => {
  const round = <T extends { readonly values?: readonly number[] } | null>(estimate: T): T =>
    estimate?.values === undefined ? estimate : { ...estimate, values: estimate.values.map(threeDigits) };
  return { ...figures, rssBytes: round(figures.rssBytes), slopeBytesPerDay: round(figures.slopeBytesPerDay) };
};

/** Figures of traffic are published as means over a day at least; flags are public anyway. */
const keepsGuardrail = ({ name }: ReportGuardrail, window: ReportWindow): boolean => {
  const { fromMs, toMs } = windowMs(window);
  return name === 'crashes' || name.startsWith('flag ') || toMs - fromMs >= dayMs;
};

const hideGuardrails = (guardrails: readonly ReportGuardrail[], window: ReportWindow, scrub: Scrub) =>
  guardrails
    .filter((guardrail) => keepsGuardrail(guardrail, window))
    .map((guardrail) => ({ ...guardrail, message: scrub(guardrail.message) }));

/** Sentences of the verdict repeat what a guardrail says: where that may not be published, only which one it is. */
const hideRepeated =
  ({ arms, window }: ExperimentPicture['report']): Scrub =>
  (text) =>
    arms
      .flatMap((arm) => (arm.guardrails ?? []).filter((own) => !keepsGuardrail(own, arm.window ?? window)))
      .reduce((rest, { name, message }) => rest.replaceAll(message, `it breaks the guardrail of ${name}`), text);

const hideArm = (
  arm: ReportArm,
  reportWindow: ReportWindow,
  nameOf: (relay: string) => string,
  scrub: Scrub,
): ReportArm => ({
  id: arm.id,
  name: scrub(arm.name),
  asAssigned: hideFigures(arm.asAssigned),
  clean: hideFigures(arm.clean),
  exclusions: arm.exclusions
    .map(({ relay, code, cause }) => ({ relay: nameOf(relay), code, cause: scrub(cause) }))
    .sort((a, b) => byNumber(a.relay, b.relay)),
  limitations: arm.limitations.map(scrub),
  ...(arm.window === undefined ? {} : { window: { ...arm.window, why: scrub(arm.window.why) } }),
  ...(arm.guardrails === undefined
    ? {}
    : { guardrails: hideGuardrails(arm.guardrails, arm.window ?? reportWindow, scrub) }),
});

/** Hours with a flag are public anyway. Of traffic and connections: how an arm compares with control, over a day or more. */
const hideOutcome = (outcome: ReportOutcome): ReportOutcome => {
  const { fromMs, toMs } = windowMs(outcome.window);
  const isFlag = outcome.unit === 'hours';
  const isLong = toMs - fromMs >= dayMs;
  return {
    ...outcome,
    arms: outcome.arms.map((arm) => ({
      ...arm,
      mean: isFlag ? withoutValues(arm.mean) : null,
      versusControl:
        arm.versusControl === null || isFlag
          ? arm.versusControl
          : isLong
            ? { ...arm.versusControl, difference: null }
            : null,
    })),
  };
};

const withoutValues = (estimate: ArmEstimate | null): ArmEstimate | null => {
  if (estimate === null) return null;
  const { values: _, ...rest } = estimate;
  return rest;
};

const hideTimeline = (timeline: ArmTimeline): ArmTimeline => ({
  ...timeline,
  restartsMs: timeline.restartsMs.map((ms) => Math.floor(ms / dayMs) * dayMs).sort((a, b) => a - b),
});

/** Findings of one code and arm are in the order of names no more. */
const hideFindings = (
  findings: readonly ReportFinding[],
  nameOf: (relay: string) => string,
  scrub: Scrub,
): readonly ReportFinding[] => {
  const hidden = findings.map((finding) => ({
    ...finding,
    relays: finding.relays.map(nameOf).sort(byNumber),
    message: scrub(finding.message),
  }));
  const groups = Map.groupBy(hidden, ({ code, arm }) => JSON.stringify([code, arm]));
  return [...groups.values()].flatMap((group) =>
    group.sort((a, b) => byNumber(`${a.relays} ${a.message}`, `${b.relays} ${b.message}`)),
  );
};

/**
 * @param secret keeps the numbers of relays with equal figures the same from one run to the next, and unguessable; without it the
 *   exact figures serve
 * @returns a picture that names no relay and no host; its `names` are empty
 */
export const publishable = (picture: ExperimentPicture, secret?: string): ExperimentPicture => {
  const pseudonyms = choosePseudonyms(picture, secret);
  const nameOf = (relay: string): string => pseudonyms.get(relay) ?? '[relay]';
  const scrubNames = makeScrub(picture.names, pseudonyms);
  const scrub: Scrub = (text) => hideTimes(scrubNames(text));
  const { report } = picture;
  const hide = hideRepeated(report);
  return {
    report: {
      schema: report.schema,
      experiment: scrub(report.experiment),
      title: scrub(report.title),
      window: { ...report.window, how: scrub(report.window.how) },
      control: report.control,
      seed: scrub(report.seed),
      arms: report.arms.map((arm) => hideArm(arm, report.window, nameOf, scrub)),
      verdict: { ...report.verdict, sentences: report.verdict.sentences.map((text) => scrub(hide(text))) },
      ...(report.exploratory === undefined ? {} : { exploratory: scrub(report.exploratory) }),
      ...(report.outcomes === undefined ? {} : { outcomes: report.outcomes.map(hideOutcome) }),
      ...(report.limitations === undefined ? {} : { limitations: report.limitations.map(scrub) }),
    },
    ...(picture.hypothesis === undefined ? {} : { hypothesis: scrub(picture.hypothesis) }),
    findings: hideFindings(picture.findings, nameOf, scrub),
    timelines: picture.timelines.map(hideTimeline),
    dots: picture.dots
      .map((dot) => ({
        ...dot,
        relay: nameOf(dot.relay),
        meanBytes: threeDigits(dot.meanBytes),
        slopeBytesPerDay: isKnown(dot.slopeBytesPerDay) ? threeDigits(dot.slopeBytesPerDay) : null,
      }))
      .sort((a, b) => byNumber(a.relay, b.relay)),
    names: { relays: [], hosts: [] },
    data: {
      ...picture.data,
      sources: picture.data.sources.map((source) => ({ ...source, name: scrub(source.name) })),
    },
    method: picture.method.map(scrub),
    reproduce: picture.reproduce.map(scrubNames),
  };
};
