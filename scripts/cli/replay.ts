import { Command } from "commander";
import { formatSpan, iso } from "../../src/base/time.ts";
import type { Config } from "../../src/config/config.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { replay } from "../../src/judgement/replay.ts";
import { type ExportLine, parseExport } from "../../src/storage/history/export.ts";
import { DEFAULT_FILE, fail, loadFile, printResult, USAGE } from "./terminal.ts";

/** The printed fields of an incident; `of` is its kind. Times are epoch ms. */
interface Shown {
  of: string;
  family: string;
  scope: string;
  openedAt: number;
  resolvedAt?: number;
}

/** A check's incidents: those that happened, and those under the other config. */
interface Replayed {
  check: string;
  slots: number;
  happened: Shown[];
  replayed: Shown[];
}

/** Families that a replay cannot find: history keeps neither captured values nor certificates. */
const NOT_KEPT: ReadonlySet<string> = new Set(["agreement", "certificate"]);

const VARIES = "thresholds, quorum, regions, maxAge, windows, flapWindow, resolve rules, latencyBudget";

/**
 * `assay replay <history> --config <file>`: shows which incidents another config would have opened. Exit 0, 1
 * config, 3 usage or no history.
 */
export const replayCommand = new Command("replay")
  .description(
    "Judge an export under another config, and compare with what happened. Exit 0, 1 config, 3 usage.",
  )
  .argument("<history>", "a file written by assay export")
  .option("--config <file>", "the other config file", DEFAULT_FILE)
  .option("--json", "print JSON")
  .addHelpText(
    "after",
    `\nA replay applies the config's ${VARIES}. It cannot apply expectations, timeouts, retry, turns or confirm, which would have changed the evidence. It never shows divergence or certificate incidents.`,
  )
  .action(async (history: string, { config: file, json }: { config: string; json?: boolean }) => {
    const { config } = await loadFile(file, { json, env: undefined });
    const lines = await readHistory(history);
    const value = replayAll(config, lines);
    printResult({ json, value }, format(file, value));
  });

async function readHistory(file: string): Promise<ExportLine[]> {
  try {
    return parseExport(await Deno.readTextFile(file));
  } catch (error) {
    return fail(USAGE, `Cannot replay ${file}: ${messageOf(error)}`);
  }
}

function replayAll({ checks, regions }: Config, lines: readonly ExportLine[]): Replayed[] {
  const slots = lines.filter((line) => line.kind === "slot");
  const incidents = lines.filter((line) => line.kind === "incident");
  return checks.flatMap((check): Replayed[] => {
    const mine = slots.filter((line) => line.check === check.key);
    if (mine.length === 0) return [];
    const happened = incidents.filter((line) => line.check === check.key)
      .map(({ of, family, scope, openedAt, resolvedAt }) => ({ of, family, scope, openedAt, resolvedAt }))
      .sort((a, b) => a.openedAt - b.openedAt);
    const replayed = replay(check, regions, mine).map(({ kind: of, family, scope, openedAt, resolvedAt }) => (
      { of, family, scope, openedAt, resolvedAt }
    ));
    return [{ check: check.key, slots: mine.length, happened, replayed }];
  });
}

/**
 * "58 s earlier": compares a replayed incident with one that happened, of the same family and scope and at an
 * overlapping time.
 */
function compareWith(happened: readonly Shown[], one: Shown): string {
  const other = happened.find(({ family, scope, openedAt, resolvedAt = Infinity }) =>
    family === one.family && scope === one.scope && openedAt <= (one.resolvedAt ?? Infinity) &&
    resolvedAt >= one.openedAt
  );
  if (!other) return "did not open then";
  const byMs = other.openedAt - one.openedAt;
  if (byMs === 0) return "opened at the same time";
  return `${formatSpan(Math.abs(byMs))} ${byMs > 0 ? "earlier" : "later"}`;
}

const describe = ({ of, scope, openedAt, resolvedAt }: Shown) =>
  `${of}${scope === "global" ? "" : ` in ${scope}`}, ${iso(openedAt)} to ${iso(resolvedAt) ?? "the end"}`;

function format(file: string, all: readonly Replayed[]): string {
  if (all.length === 0) return `this history has none of the checks of ${file}`;
  return all.flatMap(({ check, slots, happened, replayed }) => [
    `${check}, ${slots} slots`,
    `  happened: ${happened.length === 0 ? "nothing" : ""}`,
    ...happened.map((one) =>
      `    ${describe(one)}${
        NOT_KEPT.has(one.family) ? ": not replayed, because history does not keep its evidence" : ""
      }`
    ),
    `  under ${file}: ${replayed.length === 0 ? "nothing" : ""}`,
    ...replayed.map((one) => `    ${describe(one)}: ${compareWith(happened, one)}`),
  ]).join("\n");
}
