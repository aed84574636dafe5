/**
 * `deno task soak --minutes 60`: 1,000 checks and three probers in three processes, with occasional faults.
 * Samples memory, handles, store size and schedule lag once a minute, and writes the figures and a plot into
 * docs/. Exit 1 if something grew or lagged.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sqliteDriver } from "../../functions/deno/sqlite.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { withWorld, type World } from "./capacity.ts";
import { writePart } from "./document.ts";
import { plot, type Series } from "../simulate/plot.ts";
import { usageOf } from "./processes.ts";
import { median } from "./table.ts";

const PLOT = fileURLToPath(new URL("../../docs/soak.svg", import.meta.url));
/** How much the second half's median may exceed the first half's. */
const MAY_GROW = 1.2;
/** How long after a slot its evidence must be in the store. */
const MAY_LAG_MS = 60_000;

/** The figures of one minute. */
interface Sample {
  rssMb: number;
  proberMb: number;
  handles: number;
  storeMb: number;
  /** Age of the newest settled slot, ms. */
  lagMs: number;
}

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
const samples = await withWorld(
  { checks: 1_000, latencyMs: 50, hosts: 100, probers: 3, minutes, faults: true },
  (world) => watch(world, minutes),
);
const faults = faultsIn(samples);
const lines = tableOf(samples);
console.log([...lines, "", ...faults].join("\n"));
await Deno.writeTextFile(PLOT, plotOf(samples));
await writePart("soak", [
  `${minutes} minutes: 1,000 checks, three probers in three processes, a tenth of the hosts failing every tenth minute.`,
  "",
  ...lines,
  "",
  "![Memory, handles and store over time](soak.svg)",
  "",
  ...faults.length === 0 ? ["Nothing grew or drifted."] : faults,
]);
Deno.exit(faults.length === 0 ? 0 : 1);

async function watch({ folder, ledger, others }: World, forMinutes: number): Promise<Sample[]> {
  const store = sqliteStore(sqliteDriver(join(folder, "assay.db")));
  const found: Sample[] = [];
  for (let i = 0; i < forMinutes; i++) {
    await new Promise((resolve) => setTimeout(resolve, MINUTE_MS));
    const { rssMb, handles } = usageOf(ledger);
    const latest = await store.latest();
    const { size } = await Deno.stat(join(folder, "assay.db"));
    found.push({
      rssMb,
      proberMb: Math.max(...others.map((child) => usageOf(child).rssMb)),
      handles,
      storeMb: size / 2 ** 20,
      lagMs: Date.now() - (latest?.slot ?? 0),
    });
  }
  await store.close();
  return found;
}

/**
 * Describes figures that grew too much, and late slots. Store size is not checked, because it grows until
 * retention begins to delete.
 */
function faultsIn(all: readonly Sample[]): string[] {
  const half = Math.ceil(all.length / 2);
  const grown = (["rssMb", "proberMb", "handles"] as const).flatMap((name) => {
    const [first, second] = [all.slice(0, half), all.slice(half)].map((part) =>
      median(part.map((one) => one[name]))
    );
    return second! > first! * MAY_GROW
      ? [`${name} grew from ${first!.toFixed(0)} to ${second!.toFixed(0)}`]
      : [];
  });
  const late = all.filter(({ lagMs }) => lagMs > MAY_LAG_MS + MINUTE_MS).length;
  return [...grown, ...late > 0 ? [`in ${late} minutes the newest slot was settled too late`] : []];
}

function tableOf(all: readonly Sample[]): string[] {
  const row = (name: string, key: keyof Sample, digits = 0) => {
    const of = all.map((one) => one[key]);
    const cells = [of[0]!, median(of), Math.max(...of), of.at(-1)!].map((value) => value.toFixed(digits));
    return `| ${name} | ${cells.join(" | ")} |`;
  };
  return [
    "| | first minute | median | most | last minute |",
    "| --- | ---: | ---: | ---: | ---: |",
    row("memory of the ledger, MB", "rssMb"),
    row("memory of the larger prober, MB", "proberMb"),
    row("open files and sockets of the ledger", "handles"),
    row("store, MB", "storeMb", 1),
    row("age of the newest settled slot, ms", "lagMs"),
  ];
}

function seriesOf(all: readonly Sample[]): Series[] {
  const series = (name: string, key: keyof Sample): Series => ({
    name,
    points: all.map((one, minute) => [minute, one[key]] as const),
  });
  return [
    series("ledger, MB", "rssMb"),
    series("prober, MB", "proberMb"),
    series("handles", "handles"),
    series("store, MB", "storeMb"),
  ];
}

/** A plot of all four series on one axis from zero. */
function plotOf(all: readonly Sample[]): string {
  const series = seriesOf(all);
  const most = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const step = 50 * Math.ceil(most / 300);
  return plot(series, {
    title: `${all.length} minutes of soak`,
    xLabel: "minutes",
    yLabel: "MB, or handles",
    xMost: Math.max(1, all.length - 1),
    yMost: step * Math.ceil(most / step),
    xStep: Math.ceil(all.length / 6),
    yStep: step,
  });
}
