// Shows how far an import has come: a bar where the terminal can redraw, a line every few seconds otherwise.
import { createLogUpdate } from 'log-update';
import type { ImportProgress } from '../../experiments/import/import-options.ts';
import { formatCount } from '../../report/experiment/figures.ts';
import { formatBytes } from '../../report/format.ts';
import type { CommandContext } from './context.ts';
import { renderSeconds } from './render/plan-lines.ts';
import { renderBar } from './render/run-live.ts';

const redrawEveryMs = 100;
const lineEveryMs = 5_000;

export interface ImportWatcher {
  onProgress(progress: ImportProgress): void;
  close(): void;
}

export const watchImport = ({ output, surroundings }: CommandContext): ImportWatcher => {
  const { clock, stderr } = surroundings;
  const startedMs = clock.now();
  const screen = output.live ? createLogUpdate(stderr as NodeJS.WriteStream) : undefined;
  let shownMs = screen === undefined ? startedMs : 0;
  return {
    onProgress({ file, bytes, totalBytes, rows }) {
      const nowMs = clock.now();
      if (nowMs - shownMs < (screen === undefined ? lineEveryMs : redrawEveryMs)) return;
      shownMs = nowMs;
      const elapsed = Math.max(nowMs - startedMs, 1) / 1000;
      const fraction = totalBytes === 0 ? 1 : bytes / totalBytes;
      const speed = `${formatCount(rows)} rows, ${formatCount(Math.round(rows / elapsed))} a second`;
      const done = `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
      if (screen === undefined) output.note(`${file}: ${done}, ${speed}`);
      else
        screen(
          `${renderBar(fraction, 28, output.errorStyle)} ${Math.floor(fraction * 100)} %  ${done}  ${output.errorStyle.dim(`${renderSeconds(elapsed)}, ${speed}`)}\n  ${file}`,
        );
    },
    close() {
      screen?.clear();
    },
  };
};
