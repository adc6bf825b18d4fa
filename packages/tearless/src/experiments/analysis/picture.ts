// All that a page about an experiment shows, made from its measurements and their analysis.
import type { ExperimentPicture, PrivateNames, RelayDot } from '../../report/experiment/experiment-report.ts';
import type { Finding } from '../audit/finding.ts';
import type { Measurements } from '../model/measurements.ts';
import type { Analysis } from './analyse.ts';
import { methodSentences } from './method.ts';
import { armTimelines } from './timelines.ts';

/** A file that measurements were read from. */
export type PictureSource = ExperimentPicture['data']['sources'][number];

/** A word of a POSIX shell. */
const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** With the options of this report only: a window that is found from the data is found again. */
const reproduceCommands = ({ report, options }: Analysis): string[] => {
  const { fromMs, toMs, exclude } = options;
  const words = [
    ...(fromMs === undefined ? [] : ['--from', isoOf(fromMs)]),
    ...(toMs === undefined ? [] : ['--to', isoOf(toMs)]),
    ...(exclude ?? []).flatMap((code) => ['--exclude', code]),
    ...(report.control === null ? [] : ['--control', report.control]),
    ...['--seed', report.seed],
  ];
  return [
    `tearless experiment import FOLDER --name ${quote(report.experiment)}`,
    `tearless experiment report ${quote(report.experiment)} ${words.map(quote).join(' ')} --html report.html`,
  ];
};

const dotsOf = ({ report, figures }: Analysis): RelayDot[] =>
  report.arms.flatMap((arm, index) =>
    (figures[index] ?? []).map(({ relay, rssBytes, slopeBytesPerDay = null }): RelayDot => {
      const excluded = arm.exclusions.find((exclusion) => exclusion.relay === relay)?.code;
      return {
        relay,
        arm: arm.id,
        meanBytes: rssBytes,
        slopeBytesPerDay,
        ...(excluded === undefined ? {} : { excluded }),
      };
    }),
  );

const namesOf = ({ relays, servers, gaps }: Measurements): PrivateNames => ({
  relays: relays.map(({ id, nickname, fingerprint }) => ({
    relay: id,
    nickname,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  })),
  // Relays that Tearless collects are named HOST/INSTANCE.
  hosts: [
    ...new Set([
      ...servers.map(({ server }) => server),
      ...gaps.map(({ host }) => host),
      ...relays.flatMap(({ id }) => (id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : [])),
    ]),
  ],
});

/** @param analysis what `analyseInDetail` gave for these measurements and findings */
export const pictureOf = (
  measurements: Measurements,
  analysis: Analysis,
  findings: readonly Finding[],
  sources: readonly PictureSource[],
): ExperimentPicture => {
  const { report, relays } = analysis;
  const { info, snapshots } = measurements;
  const arms = new Set(info.arms.map(({ id }) => id));
  const blocked = measurements.relays.some(
    ({ arm, block }) => arm !== undefined && arms.has(arm) && block !== undefined,
  );
  return {
    report,
    ...(info.hypothesis === undefined || info.hypothesis === '' ? {} : { hypothesis: info.hypothesis }),
    findings: findings.map(({ code, kind, severity, arm, relays: named, message }) => ({
      code,
      kind,
      severity,
      ...(arm === undefined ? {} : { arm }),
      relays: named,
      message,
    })),
    timelines: armTimelines(info.arms, relays, snapshots.length),
    dots: dotsOf(analysis),
    names: namesOf(measurements),
    data: {
      relays: measurements.relays.length,
      samples: measurements.samples.reduce((sum, { atMs }) => sum + atMs.length, 0),
      fromMs: snapshots[0] ?? Date.parse(report.window.from),
      toMs: snapshots.at(-1) ?? Date.parse(report.window.to),
      sources,
    },
    method: methodSentences(analysis, blocked),
    reproduce: reproduceCommands(analysis),
  };
};
