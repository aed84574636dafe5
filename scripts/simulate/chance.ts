/** Chance that can be had again: by one seed, in order, or by what it is asked about. */

/** Mixes 32 bits. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A number in [0, 1) that follows from these numbers alone, so that leaving out one event changes no other. */
export function chanceOf(...about: number[]): number {
  let state = 0x9e3779b9;
  for (const one of about) {
    state = mix(state ^ (one | 0));
    // Instants are more than 32 bits.
    state = mix(state + Math.floor(one / 2 ** 32) + 0x6d2b79f5);
  }
  return (state >>> 0) / 2 ** 32;
}

/** Numbers in [0, 1), one after the other. */
export function sequence(seed: number): () => number {
  let count = 0;
  return () => chanceOf(seed, count++);
}
