// What a host has that a deployment cannot work with.
import { BalanceError } from '../balance-error.ts';

export const refuse = (code: string, subject: string, message: string, hint: string): never => {
  throw new BalanceError({ kind: 'refused', code: `balance-${code}`, place: 'host', subject, message, hint });
};
