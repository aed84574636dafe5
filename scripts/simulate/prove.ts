/**
 * Runs each world of the bars for the hours that its bars need, one after the other, and prints a table row
 * for each bar: `deno run -A scripts/simulate/prove.ts [seed] [world…]`. Without a world it writes the table
 * into docs/judgement.md; that takes a quarter of an hour on one core. Exit 0 all bars hold without a
 * violation, 1 otherwise, 3 usage.
 */
import { replacePart, today } from "../bench/document.ts";
import { barsOf, PROOFS } from "./bars.ts";
import { topologyText } from "./tape.ts";
import { simulate } from "./simulate.ts";

const [seed = "1", ...worlds] = Deno.args;
const proofs = PROOFS.filter(({ world }) => worlds.length === 0 || worlds.includes(world));
if (proofs.length === 0 || !Number.isInteger(Number(seed))) {
  console.error(
    `Usage: prove.ts [seed] [world…], worlds: ${[...new Set(PROOFS.map(({ world }) => world))].join(", ")}`,
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
