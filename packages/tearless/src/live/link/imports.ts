// What new code uses of libraries: what the program was linked with when it started stands in its own tables; what it never asked for is
// found in the libraries that it has loaded.
import type { Asked } from '../image/asked-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { LiveError } from '../live-error.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';
import type { Action } from '../rules/action.ts';
import { type FoundImport, findImport } from './find-import.ts';
import type { Generation } from './generation.ts';
import type { Layout } from './layout.ts';

/** Where a name leads. */
export type Reached =
  | { readonly kind: 'program'; readonly address: bigint }
  | { readonly kind: 'function' | 'variable'; readonly address: bigint }
  /** Known only once the library has chosen among several: it then stands at a place of the update. */
  | { readonly kind: 'chosen'; readonly place: string };

/** Bytes that must stand somewhere at the stop, and are not changed. */
export interface Expected {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

const slotBytes = 8;

export class Imports {
  readonly #asked: Asked;
  readonly #former: Generation;
  readonly #read: () => readonly MappedLibrary[];
  #loaded: readonly MappedLibrary[] | undefined;
  readonly #found = new Map<string, FoundImport>();

  /** @param read the libraries of the process: asked for when one is needed */
  constructor(asked: Asked, former: Generation, read: () => readonly MappedLibrary[]) {
    this.#asked = asked;
    this.#former = former;
    this.#read = read;
  }

  /** @throws LiveError `live-link-unresolved`, those of `findImport` */
  reach(name: string): Reached {
    const { imports, addresses } = this.#former;
    const known = imports.get(name);
    if (known !== undefined) return { kind: 'function', address: known };
    const own = addresses.get(name);
    const asked = this.#asked.names.get(name);
    if (asked === undefined || asked.isCopied) {
      if (own === undefined) throw unresolved(name);
      return { kind: 'program', address: own };
    }
    const { kind, address } = this.#find(name);
    if (kind === 'chooser') return { kind: 'chosen', place: placeName(name) };
    // A variable that the program has a copy of lies there for everybody.
    return kind === 'variable' && own !== undefined ? { kind: 'program', address: own } : { kind, address };
  }

  /** Before the layout is settled. @throws as `reach` */
  need(name: string, layout: Layout): void {
    const reached = this.reach(name);
    if (reached.kind === 'chosen') layout.placeOwn(reached.place, slotBytes, 'variables');
  }

  /** What has the libraries choose, before any new code runs. */
  get actions(): Action[] {
    return [...this.#found].flatMap(([name, { kind, address }]): Action[] =>
      kind === 'chooser' ? [{ kind: 'choose', chooser: address, place: placeName(name) }] : [],
    );
  }

  /** The libraries that something was found in: each must still be there. */
  get expected(): Expected[] {
    const libraries = new Set([...this.#found.values()].map(({ library }) => library));
    return [...libraries].flatMap(({ head }) => head ?? []);
  }

  #find(name: string): FoundImport {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    this.#loaded ??= this.#read();
    const found = findImport(name, this.#asked, this.#loaded);
    this.#found.set(name, found);
    return found;
  }
}

/** Whether new code may need more than what the program's own loader found. */
export const asksAnew = (
  { imports: names, asked }: Pick<ProgramImage, 'imports' | 'asked'>,
  { imports }: Pick<Generation, 'imports'>,
): boolean => [...names].some((name) => !imports.has(name) && asked.names.get(name)?.isCopied === false);

const placeName = (name: string): string => `import ${name}`;

const unresolved = (name: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-unresolved',
    message: `the running program has nothing that is called ${name}, and neither has the update`,
    subject: name,
    hint: 'it was linked into the next program out of a static library, which an update cannot bring: restart instead',
  });
