/**
 * Measures Assay and writes the tables into docs/benchmarks.md. CPU is that of this process with all its
 * threads. Ratios to the loop compare samples of one run, taken in turns, and show quartiles. Exit 1 if nginx
 * is missing.
 */
import { writePart } from "./document.ts";
import { benchGates } from "./gate.ts";
import { benchLadder } from "./ladder.ts";
import { benchMicro } from "./micro.ts";
import { benchNetwork } from "./network.ts";
import { NGINX_INSTALL, startNginx } from "./nginx.ts";
import { type BenchRow, formatRow, HEAD, machine } from "./table.ts";
import { benchUpstash } from "./upstash.ts";

const target = await startNginx();
if (!target) {
  console.error(
    `nginx is missing, so nothing over the network can be measured. To install it: ${NGINX_INSTALL}`,
  );
  Deno.exit(1);
}
Deno.addSignalListener("SIGINT", () => void target.stop().finally(() => Deno.exit(130)));
console.log(`${machine()}\n\n${HEAD}`);
const lines: string[] = [];
let ladder: BenchRow[] = [];
const print = (row: BenchRow) => {
  lines.push(formatRow(row));
  console.log(lines.at(-1));
};
try {
  for (const row of await benchMicro()) print(row);
  for (const row of await benchGates()) print(row);
  for await (const row of benchUpstash()) print(row);
  for await (const row of benchNetwork(target)) print(row);
  ladder = await benchLadder(`http://localhost:${target.port}`);
} finally {
  await target.stop();
}
await writePart("deno", [HEAD, ...lines]);
await writePart("ladder", [HEAD, ...ladder.map(formatRow)]);
Deno.exit(0);
