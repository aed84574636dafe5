/**
 * Exports the history of checks as JSON lines, to replay it elsewhere. Contains no addresses and no secrets.
 */
import * as z from "../../base/zod.ts";
import type { CheckHistory } from "../../judgement/assess.ts";
import type { Incident } from "../../judgement/incident.ts";
import { DAY_MS } from "../../base/time.ts";
import { decodeHistory, historyShape, type Packing, parseRow } from "../codec.ts";
import type { IncidentStore, SampleStore } from "../store.ts";

/** One line of an export: a slot of a check, or an incident. Instants in epoch ms. */
export type ExportLine =
  | { kind: "history"; version: 1; from: number; to: number }
  | { kind: "slot"; check: string; slot: number } & CheckHistory
  | { kind: "incident"; check: string } & ExportedIncident;

/** The fields of an incident that a replay compares. */
export type ExportedIncident =
  & Pick<
    Incident,
    "family" | "scope" | "episode" | "openedAt" | "resolvedAt"
  >
  & { of: string };

const PAGE = 200;

/** Yields a head with the range, then the slots of each shard, oldest first, then the incidents. */
export async function* exportHistory(
  store: SampleStore & IncidentStore,
  { shards }: Pick<Packing, "shards">,
  { from, to }: { from: number; to: number },
): AsyncGenerator<ExportLine> {
  yield { kind: "history", version: 1, from, to };
  for (const [shard, keys] of shards.entries()) {
    // Day by day, because a week of a full shard does not fit into memory.
    for (let begin = from; begin <= to; begin += DAY_MS) {
      const samples = await store.readSamples({ shard, from: begin, to: Math.min(to, begin + DAY_MS - 1) });
      for (const { slot, data } of samples) {
        const line = decodeHistory(data, shard);
        for (const check of keys) if (line[check]) yield { kind: "slot", check, slot, ...line[check] };
      }
    }
  }
  let before: string | undefined;
  do {
    const { items, next } = await store.listIncidents({ limit: PAGE, before });
    for (const incident of items) {
      const { target, check, kind, family, scope, episode, openedAt, resolvedAt } = incident;
      if (incident.updatedAt < from) continue;
      yield {
        kind: "incident",
        check: `${target}/${check}`,
        of: kind,
        family,
        scope,
        episode,
        openedAt,
        resolvedAt,
      };
    }
    before = next ?? undefined;
  } while (before !== undefined);
}

const instant = z.number();
const line = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("history"), version: z.literal(1), from: instant, to: instant }),
  z.extend(historyShape, { kind: z.literal("slot"), check: z.string(), slot: instant }),
  z.object({
    kind: z.literal("incident"),
    check: z.string(),
    of: z.string(),
    family: z.custom<Incident["family"]>((value) => typeof value === "string"),
    scope: z.string(),
    episode: z.number(),
    openedAt: instant,
    resolvedAt: z.optional(instant),
  }),
]);

/** Parses an export. Throws an Error that names the line if it is invalid. */
export function parseExport(text: string): ExportLine[] {
  const lines = text.split("\n").filter((one) => one.trim() !== "");
  const read = lines.map((one, i) => parseRow(line as z.ZodMiniType<ExportLine>, one, `line ${i + 1}`));
  if (read[0]?.kind !== "history") {
    throw new Error("This is not an export of history: its first line is not a head");
  }
  return read;
}
