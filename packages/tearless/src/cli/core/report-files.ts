// Writes a report as files: each whole or not at all; what stood there is replaced, as exporters do.
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ExperimentPicture } from '../../report/experiment/experiment-report.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';

export interface ReportFiles {
  readonly html: string | undefined;
  readonly csv: string | undefined;
  readonly svg: string | undefined;
  readonly png: string | undefined;
  readonly isPublic: boolean;
}

const unwritable = (path: string, cause: unknown): CliError =>
  new CliError({
    kind: 'failed',
    code: 'cli-file-unwritable',
    message: `${path} cannot be written`,
    subject: path,
    hint: 'name another place, or mend its permissions',
    cause,
  });

/** A device or a pipe is written to as it is. */
const writeExport = (path: string, content: string | Uint8Array): void => {
  let beside: string | undefined;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      writeFileSync(path, content);
      return;
    }
    beside = join(dirname(path), `.tearless-${randomBytes(6).toString('hex')}`);
    writeFileSync(beside, content, { flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw unwritable(path, error);
  }
};

const makeFolder = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw unwritable(path, error);
  }
};

/** @returns the files as they were named, in the order written. @throws CliError `cli-file-unwritable`; ReportError */
export const writeReportFiles = async (
  picture: ExperimentPicture,
  { html, csv, svg, png, isPublic }: ReportFiles,
  { surroundings, output }: CommandContext,
): Promise<string[]> => {
  const written: string[] = [];
  const write = (path: string, content: string | Uint8Array): void => {
    writeExport(resolve(surroundings.cwd, path), content);
    written.push(path);
  };
  if (html !== undefined) {
    const { renderExperimentPage } = await import('../../report/experiment/page/experiment-page.ts');
    write(html, renderExperimentPage(picture, { public: isPublic }));
  }
  if (csv !== undefined) {
    const { renderReportCsv } = await import('../../report/experiment/report-csv.ts');
    write(csv, renderReportCsv(picture, { public: isPublic }));
  }
  if (svg === undefined && png === undefined) return written;
  const { renderExperimentCharts } = await import('../../report/experiment/charts.ts');
  const charts = renderExperimentCharts(picture, { public: isPublic });
  if (svg !== undefined) {
    makeFolder(resolve(surroundings.cwd, svg));
    for (const chart of charts) write(join(svg, `${chart.name}.svg`), chart.svg);
  }
  if (png !== undefined) {
    const { renderPng } = await import('../../report/experiment/png.ts');
    makeFolder(resolve(surroundings.cwd, png));
    for (const chart of charts) {
      if (output.live) output.note(`drawing ${chart.name}.png`);
      write(join(png, `${chart.name}.png`), await renderPng(chart.svg));
    }
  }
  return written;
};
