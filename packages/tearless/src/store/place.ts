// Where the state lies: a file of SQLite, or a database of PostgreSQL. Text to value and back; nothing is opened here.
import { isAbsolute, resolve } from 'node:path';
import { type PostgresPlace, parsePostgresUrl, renderPostgresPlace } from './postgres/url.ts';

export type StorePlace =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly at: PostgresPlace };

/** `postgresql://…`; anything else is a path. */
export const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:/i.test(text);

/**
 * @param text `postgresql://[USER@]HOST[:PORT]/DATABASE[?sslmode=…]`, or the path of a file
 * @param from the folder that a relative path starts at
 * @throws StoreError `store-place` kind `usage`
 */
export const parseStorePlace = (text: string, from: string): StorePlace =>
  isPostgresUrl(text)
    ? { kind: 'postgres', at: parsePostgresUrl(text) }
    : { kind: 'sqlite', path: isAbsolute(text) ? text : resolve(from, text) };

/** For people, in messages: never with a password. */
export const renderStorePlace = (place: StorePlace): string =>
  place.kind === 'sqlite' ? place.path : renderPostgresPlace(place.at);
