import type { Dial, Endpoint, Line } from "../../src/base/ports.ts";

/** What one connection says: text or bytes, what answers what was written, and at last the end (null) or silence. */
export type LinePlay = (string | Uint8Array | null | ((written: Uint8Array) => string | Uint8Array | null))[];

/** Connections by a script, each with the same play; a function in it waits for a write and answers it. */
export function scriptedDial(play: LinePlay | ((to: Endpoint) => LinePlay), made: Partial<Line> = {}) {
  const dialled: Endpoint[] = [];
  const written: string[] = [];
  const dial: Dial = (to, { signal }) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    dialled.push(to);
    return Promise.resolve(lineOf(typeof play === "function" ? play(to) : play, { signal, written, made }));
  };
  return Object.assign(dial, { dialled, written });
}

const bytesOf = (said: string | Uint8Array) =>
  typeof said === "string" ? new TextEncoder().encode(said) : said;

function lineOf(
  play: LinePlay,
  { signal, written, made }: { signal: AbortSignal; written: string[]; made: Partial<Line> },
): Line {
  const left = [...play];
  const waiting: Uint8Array[] = [];
  let wake = () => {};
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
  aborted.catch(() => {}); // nobody may read any more
  return {
    trace: { connectMs: 2 },
    ...made,
    async read() {
      for (;;) {
        const next = left[0];
        if (next === undefined) return await aborted;
        if (typeof next !== "function") {
          left.shift();
          return next === null ? null : bytesOf(next);
        }
        const asked = waiting.shift();
        if (asked) {
          left.shift();
          const said = next(asked);
          return said === null ? null : bytesOf(said);
        }
        await Promise.race([new Promise<void>((resolve) => wake = resolve), aborted]);
      }
    },
    write(bytes) {
      written.push(new TextDecoder().decode(bytes));
      waiting.push(bytes);
      wake();
      return Promise.resolve();
    },
    close() {},
  };
}
