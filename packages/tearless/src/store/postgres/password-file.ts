// PostgreSQL's password file, ~/.pgpass (libpq, 34.16): hostname:port:database:username:password, the first line that fits.

/** Whom a password is for. */
export interface PasswordFor {
  /** A folder of a unix socket counts as `localhost`. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** The five fields of a line; a backslash takes the next character as it is. */
const splitLine = (line: string): string[] => {
  const fields: string[] = [''];
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '\\' && at + 1 < line.length) {
      at += 1;
      fields.push(`${fields.pop() ?? ''}${line.charAt(at)}`);
    } else if (character === ':' && fields.length < 5) fields.push('');
    else fields.push(`${fields.pop() ?? ''}${character}`);
  }
  return fields;
};

const fits = (field: string, value: string): boolean => field === '*' || field === value;

/** @returns undefined where no line fits */
export const findPassword = (text: string, { host, port, database, user }: PasswordFor): string | undefined => {
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = splitLine(line);
    if (fields.length === 5 && wanted.every((value, at) => fits(fields[at] ?? '', value))) return fields[4];
  }
  return undefined;
};
