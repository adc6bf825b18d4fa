// Errors of designing, starting and watching experiments.
import { TearlessError } from '../../base/error.ts';

export class DesignError extends TearlessError {}
