/**
 * Runs each world of the bars for as long as its proof takes, one after the other, and prints a row of a table for each bar:
 * `deno run -A scripts/simulate/prove.ts [seed] [world…]`. All of them together take a quarter of an hour of one core, and are written into
 * docs/judgement.md. Exit 1: one is broken.
 */
import { replacePart, today } from "../bench/document.ts";
import { barsOf, PROOFS } from "./bars.ts";
import { topologyText } from "./tape.ts";
import { simulate } from "./simulate.ts";

const [seed = "1", ...worlds] = Deno.args;
const proofs = PROOFS.filter(({ world }) => worlds.length === 0 || worlds.includes(world));
if (proofs.length === 0 || !Number.isInteger(Number(seed))) {
  console.error(
    `Usage: prove.ts [seed] [world…], of ${[...new Set(PROOFS.map(({ world }) => world))].join(", ")}`,
  );
  Deno.exit(3);
}
const table: string[] = [];
const print = (line: string) => {
  table.push(line);
  console.log(line);
};
let broken = 0;
print("| bar | found | at most | over | hours | violations |");
print("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const { world, topology, everyMs, hours } of proofs) {
  const result = await simulate({ world, topology, everyMs, hours, seed: Number(seed) });
  for (const { what, value, most, over, holds } of barsOf(result.rows)) {
    if (!holds) broken++;
    print(`| ${what} | ${value} | ${most} | ${over} | ${result.hours} | ${result.violations} |`);
  }
  broken += result.violations;
  console.error(`${world}, ${topologyText(topology)}, every ${everyMs / 1_000} s: done`);
}
if (worlds.length === 0) {
  await replacePart("docs/judgement.md", "bars", [`Proved on ${today()}, seed ${seed}.`, "", ...table]);
}
Deno.exit(broken > 0 ? 1 : 0);
