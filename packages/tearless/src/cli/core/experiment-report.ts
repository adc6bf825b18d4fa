// From an experiment in the store to all that its report shows, for the commands that print, write or archive it.
import { suggest } from '../../base/did-you-mean.ts';
import { type AnalysisOptions, analyseInDetail } from '../../experiments/analysis/analyse.ts';
import { pictureOf } from '../../experiments/analysis/picture.ts';
import { auditMeasurements } from '../../experiments/audit/audit.ts';
import { type FindingCode, factCodes, inferenceCodes, methodCodes } from '../../experiments/audit/finding.ts';
import { InstantReader } from '../../experiments/import/instant.ts';
import { loadMeasurements } from '../../experiments/load/load-measurements.ts';
import { compareOutcomes, outcomeWindow } from '../../experiments/outcomes/compare-outcomes.ts';
import { sayOutcomes } from '../../experiments/outcomes/say-outcomes.ts';
import { outcomesOf } from '../../experiments/outcomes/templates.ts';
import type { ExperimentPicture } from '../../report/experiment/experiment-report.ts';
import { readSources } from '../../store/experiment-sources.ts';
import type { Store } from '../../store/store.ts';
import { usageError } from './cli-error.ts';

export interface ReportCall {
  readonly from?: string;
  readonly to?: string;
  readonly exclude?: readonly string[];
  readonly control?: string;
  readonly seed?: string;
}

const dayMs = 86_400_000;

const readTime = (text: string | undefined, option: 'from' | 'to'): number | undefined => {
  if (text === undefined) return undefined;
  const atMs = new InstantReader().read(text);
  if (Number.isNaN(atMs))
    throw usageError(
      `--${option} ${text} is no time`,
      'write 2026-01-05, or 2026-01-05T21:00:00; without a zone it is UTC',
    );
  const isDay = /^\d{4}[-/]\d{2}[-/]\d{2}$/.test(text.trim());
  return option === 'to' && isDay ? atMs + dayMs - 1 : atMs;
};

const codes: readonly FindingCode[] = [...factCodes, ...inferenceCodes, ...methodCodes];

const readCode = (text: string): FindingCode => {
  const code = codes.find((known) => known === text);
  if (code !== undefined) return code;
  const like = suggest(text, codes);
  throw usageError(
    `--exclude ${text} is no code of the audit${like === undefined ? '' : `; did you mean ${like}?`}`,
    `the codes are ${codes.join(', ')}`,
  );
};

/** @throws CliError for times and codes that are none */
export const readReportOptions = (call: ReportCall): Omit<AnalysisOptions, 'seed'> & { readonly seed?: string } => {
  const fromMs = readTime(call.from, 'from');
  const toMs = readTime(call.to, 'to');
  const exclude = call.exclude?.flatMap((list) => list.split(',')).map((code) => readCode(code.trim()));
  return {
    fromMs,
    toMs,
    exclude,
    control: call.control,
    ...(call.seed === undefined ? {} : { seed: call.seed }),
  };
};

/**
 * Loads, audits and analyses.
 * @throws ExperimentError, AnalysisError
 */
export const makePicture = async (
  store: Store,
  experiment: string,
  options: Omit<AnalysisOptions, 'seed'> & { readonly seed?: string },
): Promise<ExperimentPicture> => {
  const seed = options.seed ?? experiment;
  const [measurements, sources] = await Promise.all([
    loadMeasurements(store, experiment),
    readSources(store, experiment),
  ]);
  const findings = auditMeasurements(measurements, { seed });
  const analysis = analyseInDetail(measurements, { ...options, seed }, findings);
  const picture = pictureOf(
    measurements,
    analysis,
    findings,
    sources.map(({ name, sha256, rows }) => ({ name, sha256, rows })),
  );
  const outcomes = compareOutcomes(measurements, outcomesOf(measurements.info.template), {
    window: outcomeWindow(measurements, options),
    control: analysis.report.control ?? undefined,
    seed,
  });
  if (outcomes.length === 0) return picture;
  const { report } = picture;
  // What the template asks comes first.
  const said = [...sayOutcomes(outcomes, report.arms, report.control), ...report.verdict.sentences];
  return { ...picture, report: { ...report, verdict: { ...report.verdict, sentences: said }, outcomes } };
};
