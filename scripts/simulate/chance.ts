/** Reproducible random numbers: in sequence from a seed, or as a function of their arguments. */

/** Mixes 32 bits (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A number in [0, 1) that depends only on the arguments, so that leaving out one event changes no other. */
export function chanceOf(...about: number[]): number {
  let state = 0x9e3779b9;
  for (const one of about) {
    state = mix(state ^ (one | 0));
    // Instants have more than 32 bits.
    state = mix(state + Math.floor(one / 2 ** 32) + 0x6d2b79f5);
  }
  return (state >>> 0) / 2 ** 32;
}

/** A generator of numbers in [0, 1) from a seed. */
export function sequence(seed: number): () => number {
  let count = 0;
  return () => chanceOf(seed, count++);
}
