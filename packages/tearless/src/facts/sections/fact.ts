// What a fact consists of: a name and a shell snippet. Its parser stands beside it, as a pure function over the output.

/**
 * One section of the facts script. The snippet is POSIX sh (dash), runs as root, changes nothing, reads no standard
 * input and never exits; it is the body of a function of its own. Variables begin with `f_`; what one snippet leaves
 * in them, later ones may use (`reads` and `leaves` say so in the comment above each).
 */
export interface Fact {
  /** Letters and hyphens. */
  readonly name: string;
  readonly script: string;
}
