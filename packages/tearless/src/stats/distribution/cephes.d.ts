// Types of the functions used: the package has types, but does not say so to ES module imports.
declare module 'cephes' {
  /** Resolves when the functions can be called. */
  export const compiled: Promise<void>;
  /** Regularised incomplete beta function. */
  export function incbet(a: number, b: number, x: number): number;
  /** The `x` at which the regularised incomplete beta function is `y`. */
  export function incbi(a: number, b: number, y: number): number;
  /** Regularised upper incomplete gamma function. */
  export function igamc(a: number, x: number): number;
  /** Logarithm of the absolute gamma function. */
  export function lgam(x: number): number;
  /** Standard normal distribution function. */
  export function ndtr(x: number): number;
  /** Its inverse. */
  export function ndtri(y: number): number;
}
