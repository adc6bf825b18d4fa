// A worker's ob_config: the addresses that its tor accepts introductions for besides its own. tor source, hs_ob.c.
import { BalanceError } from '../balance-error.ts';

const addressLine = /^[ \t]*MasterOnionAddress[ \t]+([a-z2-7]{56}\.onion)[ \t]*$/i;
const harmlessLine = /^[ \t]*(?:#[ -~\t]*)?$/;

/**
 * The addresses, with `.onion`.
 * @param where for errors
 * @throws BalanceError `balance-ob-config` for lines of any other kind: the host's helper would not write them back
 */
export const parseObConfig = (text: string, where: string): string[] =>
  text.split('\n').flatMap((line) => {
    const address = addressLine.exec(line)?.[1];
    if (address !== undefined) return [address.toLowerCase()];
    if (harmlessLine.test(line)) return [];
    throw new BalanceError({
      kind: 'refused',
      code: 'balance-ob-config',
      place: 'host',
      subject: where,
      message: `${where} has a line that is neither MasterOnionAddress nor a comment`,
      hint: 'Tearless would not know how to put it back: mend the file by hand',
    });
  });

/** The text with the addresses that it lacks; all else stays. */
export const addMasters = (text: string, masters: readonly string[], where: string): string => {
  const standing = new Set(parseObConfig(text, where));
  const missing = masters.filter((master) => !standing.has(master));
  if (missing.length === 0) return text;
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${missing.map((master) => `MasterOnionAddress ${master}\n`).join('')}`;
};
