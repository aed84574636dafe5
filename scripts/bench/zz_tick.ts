import { startNginx } from "./nginx.ts";
import { READ_JOURNEY } from "./config.ts";
import { openAssay } from "./tick.ts";
const nginx = (await startNginx())!;
const assay = await openAssay({ checks: 1000, url: `http://localhost:${nginx.port}`, journey: READ_JOURNEY, report: true });
const until = Date.now() + 25000; let n = 0;
while (Date.now() < until) { await assay.tick(); n++; }
console.log("ticks", n);
await assay.close(); await nginx.stop(); Deno.exit(0);
