// What hooks do, with everything named by offsets, sizes and keys: rules after they were checked. Nothing here is text that a person
// wrote but strings that are handed to functions.

/** A number in memory, from where one stands. */
export interface Field {
  readonly offset: number;
  /** 1, 2, 4 or 8; of other sizes only zero can be written. */
  readonly sizeBytes: number;
  /** Of a bit-field, within those bytes. */
  readonly bits: { readonly from: number; readonly count: number } | undefined;
}

export type Step =
  /** To what the pointer here points to; nothing further where it is null. */
  | { readonly kind: 'follow' }
  | { readonly kind: 'offset'; readonly bytes: number }
  /** Each pointer in an array elsewhere that is not null. Here stand a pointer to it and, as an `int`, how many it has. */
  | { readonly kind: 'list'; readonly listOffset: number; readonly countOffset: number }
  /** Each of the things that lie side by side here. */
  | { readonly kind: 'array'; readonly count: number; readonly strideBytes: number }
  /** Each entry of all chains of a hash table. */
  | {
      readonly kind: 'table';
      readonly bucketsOffset: number;
      readonly lengthOffset: number;
      readonly nextOffset: number;
    }
  /** This one and all that follow it. */
  | { readonly kind: 'chain'; readonly nextOffset: number }
  | { readonly kind: 'where'; readonly field: Field; readonly value: bigint };

export type CallValue =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'text'; readonly text: string }
  | CallAction;

export interface CallAction {
  readonly kind: 'call';
  /** Key of the function, or its address where it is none of the program's. */
  readonly function: string | bigint;
  readonly arguments: readonly CallValue[];
}

/** What is written: a number, or what another field of the same object holds. */
export type Written =
  | { readonly value: bigint }
  | {
      readonly copy: Field;
      readonly isSigned: boolean;
      /** Anything but zero becomes 1. */
      readonly asTruth: boolean;
    };

/**
 * Has what a former list would write of an object read by the next one: what only one of them knows moves between a member of its own and
 * the lines that the object keeps as they are. Nothing moves where the next one cannot read them all.
 */
export interface Reread {
  /** Key of the pointer to the object. While it is null, there is none. */
  readonly object: string;
  /** Where it keeps lines that its list does not know. */
  readonly linesOffset: number;
  /** Keys of functions. */
  readonly create: string;
  readonly write: string;
  readonly read: string;
  readonly assign: string;
}

export type Action =
  | CallAction
  | {
      readonly kind: 'write';
      /** Key of the variable that it begins at. */
      readonly variable: string;
      readonly steps: readonly Step[];
      readonly field: Field;
      readonly written: Written;
    }
  /** Has a library say which of several functions it is (`STT_GNU_IFUNC`), and keeps that. */
  | { readonly kind: 'choose'; readonly chooser: bigint /** Of the update itself. */; readonly place: string }
  /** Makes what a pointer leads to anew, as a new one of the same kind; the former stays where it is. */
  | {
      readonly kind: 'renew';
      /** Key of the pointer. While it is null, nothing was made yet, and nothing happens. */
      readonly variable: string;
      /** Fails where that returns anything but zero. */
      readonly unless: CallAction | undefined;
      /** Makes another one where the pointer is null. */
      readonly ask: CallAction;
      /** What the new one takes over. */
      readonly carried: { readonly offset: number; readonly sizeBytes: number };
      /** A list that has to be as long in both: others go by places in it. */
      readonly counted: { readonly listOffset: number; readonly countOffset: number };
      readonly reread: Reread | undefined;
    }
  /** Has options take what their list says they begin with. */
  | {
      readonly kind: 'reset';
      /** Key of the pointer to the list. While it is null, nothing was made yet, and nothing happens. */
      readonly manager: string;
      /** Keys of pointers to objects that hold options, each of which may be null. */
      readonly objects: readonly string[];
      /** Keys of functions. */
      readonly read: string;
      readonly assign: string;
      /** Names of options, each with the end of a line. */
      readonly lines: string;
    }
  | { readonly kind: 'copy-variable'; readonly from: string; readonly to: string; readonly sizeBytes: number };

/** What rules say. */
export interface RuleActions extends Actions {
  /** Before all else: what new members begin with. Whatever goes over their objects may follow what they lead to. */
  readonly members: readonly Action[];
}

export interface Actions {
  readonly up: readonly Action[];
  readonly down: readonly Action[];
}
