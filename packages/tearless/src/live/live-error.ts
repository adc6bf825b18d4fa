// What can go wrong with live updates.
import { TearlessError } from '../base/error.ts';

/** Codes `live-problem`: `live-build-unreadable`, `live-build-failed`, … */
export class LiveError extends TearlessError {}
