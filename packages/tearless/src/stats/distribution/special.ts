// The one door to Cephes (S. Moshier), compiled to WebAssembly: special functions to full double precision.
import { compiled, igamc, incbet, incbi, lgam, ndtr, ndtri } from 'cephes';

await compiled;

/** Regularised incomplete beta function. */
export const incompleteBeta = incbet;
/** The `x` at which it takes a given value. */
export const inverseIncompleteBeta = incbi;
/** Regularised upper incomplete gamma function. */
export const upperIncompleteGamma = igamc;
/** Logarithm of the gamma function of a positive number. */
export const logGamma = lgam;
/** Standard normal distribution function, and its inverse. */
export const normalDistribution = ndtr;
export const inverseNormalDistribution = ndtri;
