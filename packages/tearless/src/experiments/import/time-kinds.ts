// Counts times with and without a zone in one file, and tells where they mix.
import { formatCount } from '../../report/experiment/figures.ts';
import type { ProblemLog } from './problem-log.ts';

export class TimeKinds {
  naive = 0;
  zoned = 0;
  #firstNaive = 0;
  #firstZoned = 0;

  count(zoned: boolean, line: number): void {
    if (zoned) {
      if (this.zoned === 0) this.#firstZoned = line;
      this.zoned += 1;
    } else {
      if (this.naive === 0) this.#firstNaive = line;
      this.naive += 1;
    }
  }

  /** @param timeZone how times without a zone were read */
  report(log: ProblemLog, timeZone: string | undefined): void {
    if (this.naive === 0 || this.zoned === 0) return;
    const zonedFewer = this.zoned < this.naive;
    log.add({
      code: 'mixed-zones',
      line: zonedFewer ? this.#firstZoned : this.#firstNaive,
      message: `${formatCount(this.zoned)} times carry a time zone and ${formatCount(this.naive)} do not (first in lines ${this.#firstZoned} and ${this.#firstNaive}); those without are read as ${timeZone ?? 'UTC'}`,
      rows: Math.min(this.naive, this.zoned),
    });
  }

  get counts(): { naive: number; zoned: number } {
    return { naive: this.naive, zoned: this.zoned };
  }
}
