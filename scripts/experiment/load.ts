/**
 * The client: sends requests to the proxy at a constant rate, regardless of the answers. At its end it prints
 * one line of JSON: for each request when it was due (ms) and its result.
 */
import { parseArgs } from "node:util";
import { CONSTANTS } from "./constants.ts";

const { values } = parseArgs({ options: { url: { type: "string" }, ms: { type: "string" } } });
const [url, lastsMs] = [values.url!, Number(values.ms)];
const PERIOD_MS = 1_000 / CONSTANTS.requestsPerSecond;
const total = Math.floor(lastsMs / PERIOD_MS);
const results: [dueMs: number, word: string][] = [];
const asked: Promise<void>[] = [];
const began = performance.now();
console.log(JSON.stringify({ port: 0 }));

async function request(n: number): Promise<string> {
  const id = n * 7 % (CONSTANTS.pages * 10);
  try {
    const answer = await fetch(`${url}/items/${id}`, {
      signal: AbortSignal.timeout(CONSTANTS.clientTimeoutMs),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      return String(answer.status);
    }
    const { id: got } = await answer.json();
    return got === id ? "ok" : "wrong";
  } catch (error) {
    return error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "reset";
  }
}

while (asked.length < total) {
  const due = Math.min(total, Math.floor((performance.now() - began) / PERIOD_MS) + 1);
  for (let n = asked.length; n < due; n++) {
    asked.push(request(n).then((word) => void results.push([n * PERIOD_MS, word])));
  }
  await new Promise((resolve) => setTimeout(resolve, PERIOD_MS / 2));
}
await Promise.all(asked);
console.log(JSON.stringify({ results: results.sort(([a], [b]) => a - b) }));
