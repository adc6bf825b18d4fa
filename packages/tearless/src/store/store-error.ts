// What can go wrong with Tearless's own durable state.
import { TearlessError } from '../base/error.ts';

/**
 * Codes: `store-unusable`, `store-newer`, `store-busy`, `store-full`, `store-run-unknown`, `store-run-exists`, `store-place`;
 * of PostgreSQL: `store-unreachable`, `store-denied`, `store-missing`, `store-read-only`, `store-tls`, `store-password-file`.
 */
export class StoreError extends TearlessError {}
