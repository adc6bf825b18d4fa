// Errors about one tor instance: its names, its files, its process, what it says on its control port.
import { TearlessError } from '../base/error.ts';

/** Codes `daemon-problem`: `daemon-bad-instance`, `daemon-not-restarted`, … */
export class DaemonError extends TearlessError {}
