import { Command, Option } from "commander";
import type { Config } from "../../src/config/config.ts";
import { formatDuration } from "../../src/config/schema/duration.ts";
import { type EffectiveGrouping, groupingOf } from "../../src/engine/notify/grouping.ts";
import { type Routed, routed, type RouteSubject } from "../../src/engine/notify/route.ts";
import { findSink } from "../../src/engine/notify/sink.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { INCIDENT_FAMILIES, INCIDENT_KINDS, SEVERITIES } from "../../src/judgement/words.ts";
import { DEFAULT_FILE, fail, loadFile, printResult, USAGE } from "./terminal.ts";

type Options = Omit<RouteSubject, "target" | "labels" | "check"> & {
  file: string;
  check?: string;
  json?: boolean;
};

const choice = (name: string, words: readonly string[], fallback: string) =>
  new Option(`--${name} <${name}>`, `the incident's ${name}`).choices(words).default(fallback);

/** `assay routes <target>`: lists the sinks that an incident is routed to, and the rule for each. */
export const routesCommand = new Command("routes")
  .description(
    "List the sinks that an incident of a target is routed to, with the rule for each. Exit 0 some, 1 none, 3 usage.",
  )
  .argument("<target>", "the id of a target, or _assay")
  .option("--check <check>", "the id of a check (default: the target's first)")
  .addOption(choice("severity", SEVERITIES, "critical"))
  .addOption(choice("family", INCIDENT_FAMILIES, "service"))
  .addOption(choice("kind", INCIDENT_KINDS, "drift"))
  .option("--region <region>", "the incident's region", "global")
  .option("--file <file>", "the config file", DEFAULT_FILE)
  .option("--json", "print JSON")
  .action(async (id: string, { file, json, check, ...incident }: Options) => {
    const { config } = await loadFile(file, { envMissing: "warning" });
    const target = config.targets.find((target) => target.id === id);
    if (!target && id !== "_assay") fail(USAGE, `The config has no target ${id}`);
    const { severity, family, kind, region } = incident;
    const about = {
      target: id,
      check: check ?? target?.checks[0]?.id ?? "delivery",
      labels: target?.labels ?? {},
    };
    const rows = routed(config, { ...about, severity, family, kind, region }).map((one) =>
      rowOf(config, one)
    );
    printResult(
      { json, value: rows },
      rows.length > 0 ? rows.map(formatRow).join("\n") : "no sink is notified",
    );
    if (rows.length === 0) Deno.exit(1);
  });

interface Row {
  webhook: string;
  kind: string;
  events: string[];
  rule?: string;
  /** Delay after the opening, ms; absent: at once. */
  after?: number;
  unless?: "acknowledged";
  /** Interval of reminders, ms; absent: none. */
  repeatMs?: number;
  /** Which incidents share a message; absent: none do. */
  grouping?: EffectiveGrouping;
}

function rowOf({ webhooks }: Config, { webhook, grouping: written, ...routing }: Routed): Row {
  const { kind, events } = webhooks.find(({ id }) => id === webhook)!;
  const grouping = groupingOf(findSink(SINKS, kind), written);
  return { webhook, kind, events, ...routing, ...(grouping && { grouping }) };
}

function formatGrouping({ by, waitMs, intervalMs }: EffectiveGrouping): string {
  const each = by.length > 0 ? ` for each ${by.join(", ")}` : "";
  const wait = waitMs > 0 ? `, the first after ${formatDuration(waitMs)}` : "";
  return `one message${each} in ${formatDuration(intervalMs)}${wait}`;
}

const formatRow = ({ webhook, kind, events, rule, after, unless, repeatMs, grouping }: Row) =>
  [
    `${webhook} (${kind}): ${events.join(", ")}`,
    ...(grouping ? [formatGrouping(grouping)] : []),
    after === undefined ? "at once" : `after ${formatDuration(after)}${unless ? ` unless ${unless}` : ""}`,
    ...(repeatMs === undefined ? [] : [`again every ${formatDuration(repeatMs)}`]),
    rule === undefined ? "by default: no route names it" : `by ${rule}`,
  ].join(", ");
