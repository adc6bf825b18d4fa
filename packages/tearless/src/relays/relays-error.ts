// Errors of relay fleets: what is declared cannot be had, or what is observed cannot be planned on.
import { TearlessError } from '../base/error.ts';

export class RelaysError extends TearlessError {}
