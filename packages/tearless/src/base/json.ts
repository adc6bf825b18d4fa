// JSON values, and one canonical text for each so that equal values have equal hashes.
import { createHash } from 'node:crypto';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The value as JSON with sorted keys and no white space: equal values give equal texts. */
export const renderCanonicalJson = (value: JsonValue): string => {
  if (Array.isArray(value)) return `[${value.map(renderCanonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${renderCanonicalJson(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value);
};

/** SHA-256 of bytes or UTF-8 text, 64 hexadecimal digits. */
export const sha256Hex = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** SHA-256 of the canonical text, 64 hexadecimal digits. */
export const hashJson = (value: JsonValue): string => sha256Hex(renderCanonicalJson(value));
