// The selector language of `select:` and `--limit`. A relay is known as `host/instance` and by its labels.
//   *            all             h1/a*      by name, with * and ?        a*          by instance on any host
//   host=h1      by host         arm=b      by label                     x,y  either   x&y  both   !x  not

export interface Selectable {
  readonly host: string;
  readonly instance: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type Selector = (relay: Selectable) => boolean;

const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  );

const parseTerm = (term: string): Selector => {
  const text = term.trim();
  if (text === '' || text === '!') throw new SyntaxError(`an empty term in the selector`);
  if (text.startsWith('!')) {
    const inner = parseTerm(text.slice(1));
    return (relay) => !inner(relay);
  }
  const assignment = /^([A-Za-z][\w.-]*)=(.+)$/.exec(text);
  if (assignment !== null) {
    const [, key = '', pattern = ''] = assignment;
    const matches = globToRegExp(pattern);
    return (relay) => {
      const value = key === 'host' ? relay.host : relay.labels[key];
      return value !== undefined && matches.test(value);
    };
  }
  if (!/^[\w.*?/-]+$/.test(text)) throw new SyntaxError(`'${text}' is neither a name pattern nor key=value`);
  const matches = globToRegExp(text);
  return text.includes('/')
    ? (relay) => matches.test(`${relay.host}/${relay.instance}`)
    : (relay) => matches.test(relay.instance);
};

/**
 * @param text a selector as above; white space around terms is ignored
 * @throws SyntaxError with what is wrong
 */
export const parseSelector = (text: string): Selector => {
  const alternatives = text.split(',').map((alternative) => alternative.split('&').map(parseTerm));
  return (relay) => alternatives.some((terms) => terms.every((term) => term(relay)));
};
