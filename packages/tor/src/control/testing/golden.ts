// For tests: wire data of testdata/control and the values that must come out of it. Not part of the library.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Message, MessageDecoder } from '../message.ts';

const testdata = new URL('../../../testdata/control/', import.meta.url);

export function readTestdata(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, testdata)));
}

/** All messages of some wire bytes. Throws when they do not end with the end of a message. */
export function decodeMessages(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  const decoder = new MessageDecoder();
  decoder.push(bytes, (message) => messages.push(message));
  assert.equal(decoder.midMessage, false, 'the data ends inside a message');
  return messages;
}

/** Compares with `NAME.json` beside the data; with TEARLESS_UPDATE_GOLDEN=1 writes it. */
export function assertGolden(name: string, value: unknown): void {
  const file = new URL(`${name}.json`, testdata);
  const text = `${JSON.stringify(value, plain, 1)}\n`;
  if (process.env.TEARLESS_UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(file, 'utf8')));
}

/** Maps and bytes, which JSON would show as `{}`. */
function plain(_: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return value;
}
