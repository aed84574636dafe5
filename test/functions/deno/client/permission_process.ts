/** Asks loopback by each way out, and prints what came of it. */
import { dialler } from "../../../../functions/deno/client/dialler.ts";
import { connector } from "../../../../functions/deno/client/mod.ts";

const port = Number(Deno.args[0]);
const signal = AbortSignal.timeout(10_000);
const resolve = () => Promise.resolve(["127.0.0.1"]);
const [fetch, dial] = [connector, dialler].map((make) => make({ allowPrivate: true, resolve })) as [
  ReturnType<typeof connector>,
  ReturnType<typeof dialler>,
];
const ways: Record<string, () => Promise<unknown>> = {
  http: () => fetch(new URL(`http://shop.example:${port}/`), { method: "GET", headers: {}, signal }),
  tcp: () => dial({ host: "shop.example", port, over: "tcp" }, { signal }),
  udp: () => dial({ host: "shop.example", port, over: "udp" }, { signal }),
};
for (const [name, ask] of Object.entries(ways)) {
  console.log(name, await ask().then(() => "open", ({ name, message }) => `${name}: ${message}`));
}
Deno.exit();
