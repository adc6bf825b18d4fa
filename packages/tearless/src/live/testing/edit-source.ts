// Edits of C source that are located by what they change, a function or a struct, rather than by line: they hold for the next release
// as well, and fail loudly once their place is gone. Pure text.

/** A tree's files by path; edits are laid over it. */
export interface SourceTree {
  read(path: string): string;
}

export type SourceEdit = (tree: SourceTree) => ReadonlyMap<string, string>;

/** One edit of one file. */
export const inFile =
  (path: string, ...changes: readonly ((text: string) => string)[]): SourceEdit =>
  (tree) =>
    new Map([[path, changes.reduce((text, change) => change(text), tree.read(path))]]);

/** Several, each on what the ones before have left. */
export const allOf =
  (...edits: readonly SourceEdit[]): SourceEdit =>
  (tree) => {
    const laid = new Map<string, string>();
    const over: SourceTree = { read: (path) => laid.get(path) ?? tree.read(path) };
    for (const edit of edits) for (const [path, text] of edit(over)) laid.set(path, text);
    return laid;
  };

/** Exactly one place. */
export const replace =
  (what: string, by: string) =>
  (text: string): string => {
    const places = text.split(what).length - 1;
    if (places !== 1) throw new Error(`${places} places hold ${JSON.stringify(what)}, not one`);
    return text.replace(what, () => by);
  };

/** Every place, at least one. */
export const replaceWord =
  (word: string, by: string) =>
  (text: string): string => {
    const pattern = new RegExp(`\\b${word}\\b`, 'g');
    if (!pattern.test(text)) throw new Error(`no ${word}`);
    return text.replace(pattern, by);
  };

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A definition of a function in tor's style: its name begins a line or follows `MOCK_IMPL(TYPE,`, and `}` alone ends it. */
const findFunction = (text: string, name: string): Span => {
  const heads = [...text.matchAll(new RegExp(`^${name}(?:,\\s*)?\\([^;{]*\\)\\n\\{`, 'gm'))];
  const [head] = heads;
  if (head === undefined || heads.length > 1) throw new Error(`${heads.length} definitions of ${name}, not one`);
  const end = text.indexOf('\n}\n', head.index);
  if (end < 0) throw new Error(`${name} does not end`);
  // What it returns stands on the line before, below a comment or an empty line.
  return { from: text.lastIndexOf('\n', head.index - 2) + 1, to: end + 3 };
};

const changeSpan = (text: string, { from, to }: Span, change: (part: string) => string): string =>
  `${text.slice(0, from)}${change(text.slice(from, to))}${text.slice(to)}`;

/** Changes a function, its head included. */
export const inFunction =
  (name: string, ...changes: readonly ((text: string) => string)[]) =>
  (text: string): string =>
    changeSpan(text, findFunction(text, name), (part) => changes.reduce((left, change) => change(left), part));

export const beforeFunction =
  (name: string, added: string) =>
  (text: string): string =>
    changeSpan(text, findFunction(text, name), (part) => `${added}\n${part}`);

/** Takes a function away. */
export const without =
  (name: string) =>
  (text: string): string =>
    changeSpan(text, findFunction(text, name), () => '');

/** Statements before all others of a function. */
export const atEntry = (name: string, statements: string) =>
  inFunction(name, replaceFirst('\n{\n', `\n{\n${statements}\n`));

const replaceFirst =
  (what: string, by: string) =>
  (text: string): string => {
    if (!text.includes(what)) throw new Error(`no ${JSON.stringify(what)}`);
    return text.replace(what, () => by);
  };

/** Members behind all others of a struct that is defined at the beginning of a line. */
export const atEndOfStruct =
  (name: string, members: string) =>
  (text: string): string => {
    const head = new RegExp(`^(?:typedef )?struct ${name} \\{`, 'm').exec(text);
    if (head === null) throw new Error(`no struct ${name}`);
    const end = text.indexOf('\n}', head.index);
    if (end < 0) throw new Error(`struct ${name} does not end`);
    return `${text.slice(0, end)}\n${members}${text.slice(end)}`;
  };
