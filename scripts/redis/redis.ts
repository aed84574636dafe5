/**
 * `deno task redis [--dir DIR] [--host HOST] [--port PORT]`: runs redis-server with its data in DIR (default
 * .assay/redis, every write logged) behind Upstash's REST protocol at HOST (default 127.0.0.1). Prints the
 * two environment variables that point Assay at it.
 */
import { parseArgs } from "node:util";
import { gateway } from "./gateway.ts";
import { isInstalled, REDIS_INSTALL, redisServer } from "./server.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    dir: { type: "string", default: ".assay/redis" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8079" },
  },
});
if (!isInstalled()) {
  console.error(`redis-server is missing. To install it: ${REDIS_INSTALL}`);
  Deno.exit(1);
}
const server = redisServer({ dir: values.dir, appendOnly: true });
const token = Deno.env.get("UPSTASH_REDIS_REST_TOKEN") ?? "local";
const readToken = `${token}-reader`;
const { fetch, close } = await Promise.race([
  gateway({ socket: server.socket, token, readToken }),
  server.ended.then(({ code }) => Promise.reject(new Error(`redis-server ended with code ${code}`))),
]);
const http = Deno.serve({ hostname: values.host, port: Number(values.port), onListen() {} }, fetch);
console.log(`# Ctrl-C stops it. GET /stats shows billed usage. Read-only token: ${readToken}
export UPSTASH_REDIS_REST_URL=http://${values.host}:${http.addr.port}
export UPSTASH_REDIS_REST_TOKEN=${token}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await http.shutdown();
    await close();
    server.kill("SIGTERM");
    await server.ended;
    Deno.exit(0);
  });
}
