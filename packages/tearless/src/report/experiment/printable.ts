// Text that every reader of HTML and XML takes: names come from files of others, and may hold anything.

/**
 * Without control characters (XML has none), without marks that turn the direction of the text around them, and without halves of
 * surrogate pairs.
 */
export const printable = (text: string): string =>
  text.toWellFormed().replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, '');
