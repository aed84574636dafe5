/**
 * `deno task gallery [product...]`: starts, breaks and mends real products that report ready while their job
 * fails, and watches them with Assay. Prints a line per state. A run of all products writes docs/gallery.md.
 * Exit 0 all verdicts as expected, 1 otherwise, 3 usage.
 */
import { fileURLToPath } from "node:url";
import { replacePart, today } from "../bench/document.ts";
import { machine } from "../bench/table.ts";
import { play, type Played } from "./play.ts";
import { has, productIds, readProduct } from "./product.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/gallery.md", import.meta.url));

const wanted = Deno.args.length > 0 ? Deno.args : productIds();
const unknown = wanted.filter((id) => !productIds().includes(id));
if (unknown.length > 0) {
  console.error(`No such product: ${unknown.join(", ")}. Products: ${productIds().join(", ")}`);
  Deno.exit(3);
}

const played: Played[] = [];
const missing: string[] = [];
const wrong: string[] = [];
/** States with another verdict than expected, and products that could not be played. */
let [unlike, failed] = [0, 0];
for (const id of wanted) {
  const product = await readProduct(id);
  if (!await has(product.needs)) {
    missing.push(`${id}: not installed; ${product.install}`);
    console.log(missing.at(-1));
    continue;
  }
  try {
    for await (const one of play(product)) {
      played.push(one);
      const right = one.verdict === one.state.verdict;
      if (!right) unlike++;
      if (!right) wrong.push(`${id}, ${one.state.what}: ${one.verdict}, not ${one.state.verdict}`);
      console.log(
        `${id}, ${one.state.what}: says "${one.claimed.slice(0, 60)}", is ${one.verdict}${
          right ? "" : ` (WRONG: ${one.state.verdict})`
        }; webhook after ${one.openedS.toFixed(1)} s, recovery after ${one.resolvedS.toFixed(1)} s`,
      );
    }
  } catch (error) {
    failed++;
    wrong.push((error as Error).message);
    console.log(`${id}: ${(error as Error).message}`);
  }
}
console.log(`${played.length - unlike} of ${played.length + failed} as expected`);
if (Deno.args.length === 0) await writeDocument();
Deno.exit(wrong.length === 0 ? 0 : 1);

async function writeDocument(): Promise<void> {
  const cell = (words: string) => words.replaceAll("|", "\\|").replaceAll("\n", " ");
  const code = (words: string) => `\`${cell(words).replaceAll("`", "'")}\``;
  await replacePart(DOCUMENT, "results", [
    `Played ${today()} on ${machine()}, checks every 2 to 5 s.`,
    "",
    "| product | broken | its own endpoint said | Assay called it | because | webhook | recovery |",
    "| --- | --- | --- | --- | --- | ---: | ---: |",
    ...played.map(({ product, state, claimed, verdict, observed, openedS, resolvedS }) =>
      `| [${product}](../examples/products/${product}.yaml) | ${cell(state.what)} | ${
        code(claimed)
      } | **${verdict}** | ${code(observed)} | ${openedS.toFixed(1)} s | ${resolvedS.toFixed(1)} s |`
    ),
    "",
    `Versions: ${
      [...new Map(played.map(({ product, version }) => [product, version]))].map(([id, version]) =>
        `${id}: ${code(version)}`
      ).join(", ")
    }.`,
    "",
    ...[...missing, ...wrong].map((line) => `- ${line}`),
  ]);
}
