// The way to the processes of a host, as live updates need it: looking at one, and having the injector work on one.
import type { InjectorPlan } from '../inject/encode-plan.ts';
import type { InjectorReport } from '../inject/run-injector.ts';
import type { RunningProgram } from './running-program.ts';

export interface InjectOptions {
  readonly maxPauseUs: number;
  readonly findUs: number;
}

export interface LiveDoor {
  /** @throws LiveError `live-process-gone` */
  look(pid: number): Promise<RunningProgram>;
  /** @throws LiveError `live-inject-RESULT`, `live-injector-strange` */
  inject(mode: InjectorReport['mode'], plan: InjectorPlan, options: InjectOptions): Promise<InjectorReport>;
}
