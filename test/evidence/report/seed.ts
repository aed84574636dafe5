/** Seeds and counts of the random tests: `ASSAY_SEED` repeats a run, and a failure prints its seed. */
const seed = Number(Deno.env.get("ASSAY_SEED") ?? Math.trunc(Math.random() * 2 ** 31));
console.log(`ASSAY_SEED=${seed}`);

/** The parameters of fast-check for so many inputs. */
export const rows = (numRuns: number) => ({ numRuns, seed });
