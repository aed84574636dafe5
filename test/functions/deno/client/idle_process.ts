/** Asks a server in this process twice over one connection, and leaves that open. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connector } from "../../../../functions/deno/client/mod.ts";

/** An idle connection lasts 15 s. */
const SOON_MS = 10_000;

const lines = new Set<unknown>();
const server = createServer((_, response) => void response.end("ok")).on(
  "connection",
  (line) => lines.add(line),
);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
server.unref();
const fetch = connector({ allowPrivate: true });
const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
let kept = 0;
for (; kept < 2; kept++) {
  const answer = await fetch(url, { method: "GET", headers: {}, signal: new AbortController().signal });
  await answer.read(100);
}
console.log(`kept ${kept / lines.size}`);
server.close();
const over = performance.now();
addEventListener("unload", () => console.log(`ended at once: ${performance.now() - over < SOON_MS}`));
