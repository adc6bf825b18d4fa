// PostgreSQL's connection service file (libpq, 34.17): sections of `name=value` lines.

/** The values of a section; undefined where there is no such section. */
export const findService = (text: string, service: string): ReadonlyMap<string, string> | undefined => {
  let found: Map<string, string> | undefined;
  let isWithin = false;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      if (found !== undefined) return found;
      isWithin = section === service;
      if (isWithin) found = new Map();
      continue;
    }
    const equals = line.indexOf('=');
    if (isWithin && equals > 0) found?.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return found;
};
