/**
 * Measures Assay and prints the table that stands in docs/benchmarks.md. CPU is that of this process, all its threads; a
 * figure beside the loop compares samples of one run, taken in turns. The exit code is 1 if nginx is missing.
 */
import { benchGates } from "./gate.ts";
import { benchMicro } from "./micro.ts";
import { benchNetwork } from "./network.ts";
import { NGINX_INSTALL, startNginx } from "./nginx.ts";
import { formatRow, HEAD, machine } from "./table.ts";
import { benchUpstash } from "./upstash.ts";

const target = await startNginx();
Deno.addSignalListener("SIGINT", () => void Promise.resolve(target?.stop()).finally(() => Deno.exit(130)));
console.log(`${machine()}\n\n${HEAD}`);
try {
  for (const row of await benchMicro()) console.log(formatRow(row));
  for (const row of await benchGates()) console.log(formatRow(row));
  for await (const row of benchUpstash()) console.log(formatRow(row));
  if (target) { for await (const row of benchNetwork(target.port)) console.log(formatRow(row)); }
} finally {
  await target?.stop();
}
if (!target) {
  console.error(
    `\nnginx is missing, so nothing over the network was measured. To install it: ${NGINX_INSTALL}`,
  );
}
Deno.exit(target ? 0 : 1);
