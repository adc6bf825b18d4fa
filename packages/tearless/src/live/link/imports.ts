// What new code uses of libraries: what the program was linked with when it started stands in its own tables; what it never asked for is
// found in the libraries that it has loaded.
import type { Asked, AskedName } from '../image/asked-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { LiveError } from '../live-error.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';
import type { BoundImport } from '../process/read-imports.ts';
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
    const { imports, addresses, copies } = this.#former;
    const asked = this.#asked.names.get(name);
    const bound = imports.get(name);
    if (isBound(bound, asked)) return { kind: 'function', address: bound.address };
    if (asked === undefined || asked.isCopied) {
      const own = (asked === undefined ? addresses : copies).get(name);
      if (own === undefined) throw unresolved(name);
      return { kind: 'program', address: own };
    }
    const found = this.#find(name);
    if (found.kind === 'chooser') return { kind: 'chosen', place: placeName(name) };
    const copy = found.kind === 'variable' ? this.#copyOf(found) : undefined;
    return copy === undefined ? { kind: found.kind, address: found.address } : { kind: 'program', address: copy };
  }

  /** A variable that the program has a copy of lies there for everybody, whichever of its names is asked for. */
  #copyOf({ address, library: { base, brings } }: FoundImport): bigint | undefined {
    const isName = (name: string): boolean => brings?.get(name)?.some(({ value }) => base + value === address) === true;
    return [...this.#former.copies].find(([name]) => isName(name))?.[1];
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
): boolean =>
  [...names].some((name) => {
    const wish = asked.names.get(name);
    return wish?.isCopied === false && !isBound(imports.get(name), wish);
  });

/**
 * Whether the program's own loader found what is asked for: the same version of it, and something at all. What the program was started
 * with may ask otherwise than the build whose code it runs by now.
 */
const isBound = (bound: BoundImport | undefined, asked: AskedName | undefined): bound is BoundImport =>
  bound !== undefined && bound.address !== 0n && (asked === undefined || bound.version === asked.version);

const placeName = (name: string): string => `import ${name}`;

/** What new code refers to and neither the program nor a library nor the update itself has. */
export const unresolved = (name: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-unresolved',
    message: `the running program has nothing that is called ${name}, and neither has the update`,
    subject: name,
    hint: 'it came into the next program another way, such as out of a static library, which an update cannot bring: restart instead',
  });
