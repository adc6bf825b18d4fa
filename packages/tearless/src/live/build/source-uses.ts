// How the text of a release uses its structs: which are allocated or are variables, which of those begin with whatever was there, and which
// are compared or hashed byte by byte, where bytes that nobody sets would count. Pure text; rather a struct too many in each than one too few.

const allocation = /\btor_(?:malloc|malloc_zero|calloc|memdup|realloc|reallocarray)_?\s*\(([^;]*?)\)\s*;/g;
const bare = /\btor_(?:malloc|realloc|reallocarray)_?\s*\(([^;]*?)\)\s*;/g;
/** All of it is written, or taken from one that is there. */
const whole = /\bmem(?:cpy|set)\s*\(([^;]*?)\)\s*;/g;
const comparison =
  /\b(?:siphash24g|memcmp|tor_memn?eq|tor_memcmp|fast_memn?eq|fast_memcmp|tor_digest\w*|crypto_digest\w*|safe_mem_is_zero|fast_mem_is_zero)\s*\(([^;]*?)\)\s*[;)&|?]/g;
const sizeOfName = /\bsizeof\s*\(?\s*(\*|&)?\s*(struct\s+)?([A-Za-z_]\w*)\s*\)?(?!\s*(?:->|\.|\[))/g;
const variable = /^(?:static\s+)?(?:struct\s+)?([A-Za-z_]\w*)\s+[A-Za-z_]\w*\s*(?:\[[^\]]*\]\s*)?(?:=|;)/gm;

/** What a source file declares a name as; one name may be several things in one file. */
const declaredTypes = (text: string): ((name: string) => string[]) => {
  const types = new Map<string, Set<string>>();
  for (const [, type, name] of text.matchAll(/\b([A-Za-z_]\w*)\s*\**\s*\b([A-Za-z_]\w*)\s*(?=[=;,)[])/g)) {
    if (type === undefined || name === undefined) continue;
    types.set(name, (types.get(name) ?? new Set()).add(type));
  }
  return (name) => [...(types.get(name) ?? [])];
};

const namesIn = (sources: readonly string[], call: RegExp): Set<string> => {
  const names = new Set<string>();
  for (const text of sources) {
    const typesOf = declaredTypes(text);
    for (const [, inside] of text.matchAll(call))
      for (const [, , , name] of (inside ?? '').matchAll(sizeOfName)) {
        if (name === undefined) continue;
        names.add(name);
        for (const type of typesOf(name)) names.add(type);
      }
  }
  return names;
};

/** Names of types that are allocated, or that a variable outside of functions has. */
export const listAllocated = (sources: readonly string[]): Set<string> => {
  const names = namesIn(sources, allocation);
  for (const text of sources) for (const [, type] of text.matchAll(variable)) if (type !== undefined) names.add(type);
  return names;
};

/** Names of types that are allocated as they come and not written as a whole in that file: what nobody sets in them is not zero. */
export const listUnzeroed = (sources: readonly string[]): Set<string> =>
  new Set(
    sources.flatMap((text) => {
      const written = namesIn([text], whole);
      return [...namesIn([text], bare)].filter((name) => !written.has(name));
    }),
  );

/** Names of types that are compared, hashed or digested whole. */
export const listComparedWhole = (sources: readonly string[]): Set<string> => namesIn(sources, comparison);
