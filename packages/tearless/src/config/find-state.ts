// The one setting that is read also from a configuration with mistakes elsewhere: where the state lies. Whoever undoes a run
// must not be held up by a typing error in another section.

/** @returns undefined where it says nothing of it, or nothing that can be told */
export const findStateSetting = async (text: string): Promise<string | undefined> => {
  // Most configurations have none: the parser costs more than the look.
  if (!/^["']?state["']?\s*:/m.test(text)) return undefined;
  const { isMap, parseDocument } = await import('yaml');
  const { contents } = parseDocument(text, { prettyErrors: false, version: '1.2' });
  const value = isMap(contents) ? contents.get('state') : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};
