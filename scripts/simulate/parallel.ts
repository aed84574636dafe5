/** Runs tapes in several workers. Outcomes are the same as in one thread, in the order of the tapes. */
import type { Outcome } from "./simulate.ts";
import type { Tape } from "./tape.ts";

/** In the npm package, both files are bundled side by side. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Returns a function that runs tapes in `jobs` workers. */
export const inWorkers = (jobs: number) => async (tapes: readonly Tape[]): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const waiting = tapes.map((tape, i) => ({ tape, i })).reverse();
  const work = async () => {
    const worker = new Worker(WORKER, { type: "module" });
    const runIn = (tape: Tape) =>
      new Promise<Outcome>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(`A worker failed: ${event.message}`));
        worker.postMessage(tape);
      });
    try {
      for (let next = waiting.pop(); next; next = waiting.pop()) outcomes[next.i] = await runIn(next.tape);
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tapes.length) }, work));
  return outcomes;
};
