// What can go wrong with balancing an onion service.
import { TearlessError } from '../base/error.ts';

/** Codes `balance-problem`: `balance-config`, `balance-key`, `balance-not-found`, `balance-ring-incomplete`, … */
export class BalanceError extends TearlessError {}
