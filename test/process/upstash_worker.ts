/**
 * A settler and deliverer over Upstash in a process of its own: `upstash_worker.ts CONFIG` (YAML). It settles each minute (epoch
 * ms) that it is told, a line each, and answers with the minute when all that it has to tell is delivered.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { denoPorts } from "../../functions/deno/ports.ts";
import { openStore } from "../../functions/deno/start.ts";
import { load } from "../../src/config/mod.ts";
import { deliver } from "../../src/engine/notify/mod.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { remoteProber } from "../../src/engine/prober/remote.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { messageOf } from "../../src/base/error_message.ts";

const text = Deno.args[0]!;
const { config } = await load({ kind: "yaml", text }, {
  kinds: KINDS,
  env: (name) => Deno.env.get(name),
});
const real = denoPorts(text, config);
/** It is always the minute that was told: a test need not wait for each. */
let shiftMs = 0;
const ports = { ...real, clock: { ...real.clock, now: () => real.clock.now() + shiftMs } };
const store = openStore(config);
const probers = config.regions.flatMap((region) => region.probers)
  .flatMap((prober) => prober.kind === "remote" ? [remoteProber(ports, prober)] : []);
const { tick } = settler({ ports, store, config, probers, owner: crypto.randomUUID() });
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  shiftMs = Number(line) - real.clock.now();
  await tick(Number(line)).then(() => deliver(ports, store, config, { sinks: SINKS })).catch((error) =>
    console.error(messageOf(error))
  );
  console.log(line);
}
