// An event whose name is known and whose rest is not read yet: what the parsers of single kinds of events take.
import type { Message } from '../message.ts';

/** An event whose first line has been taken apart: what the parser of one kind of event gets. */
export interface RawEvent<K extends string = string> {
  readonly name: K;
  /** What follows the name on the first line. */
  readonly text: string;
  readonly message: Message;
}
