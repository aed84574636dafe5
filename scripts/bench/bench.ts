/**
 * Measures Assay and prints the table that stands in the README. CPU is that of this process, all its threads; a
 * figure beside the loop compares samples of one run, taken in turns. The exit code is 1 if nginx is missing.
 */
import { gates } from "./gate.ts";
import { micro } from "./micro.ts";
import { network } from "./network.ts";
import { INSTALL, nginx } from "./nginx.ts";
import { HEAD, line, machine } from "./table.ts";
import { upstash } from "./upstash.ts";

const target = await nginx();
Deno.addSignalListener("SIGINT", () => void Promise.resolve(target?.stop()).finally(() => Deno.exit(130)));
console.log(`${machine()}\n\n${HEAD}`);
try {
  for (const row of await micro()) console.log(line(row));
  for (const row of await gates()) console.log(line(row));
  for await (const row of upstash()) console.log(line(row));
  if (target) { for await (const row of network(target.port)) console.log(line(row)); }
} finally {
  await target?.stop();
}
if (!target) {
  console.error(`\nnginx is missing, so nothing over the network was measured. To install it: ${INSTALL}`);
}
Deno.exit(target ? 0 : 1);
