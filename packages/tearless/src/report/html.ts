// HTML as text with every value escaped: a template whose holes take text, numbers, other fragments, or lists of them.

/** Markup that is safe to put into a page as it is. Only `html` makes it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

export type Hole = string | number | Html | undefined | readonly Hole[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const fill = (hole: Hole): string => {
  if (hole === undefined) return '';
  if (hole instanceof Html) return hole.markup;
  if (typeof hole === 'object') return hole.map(fill).join('');
  return escapeHtml(String(hole));
};

/** Fit for text between tags and for attribute values in double quotes; not inside script or style elements. */
export const html = (texts: TemplateStringsArray, ...holes: readonly Hole[]): Html =>
  new Html(texts.reduce((markup, text, index) => markup + fill(holes[index - 1]) + text));
