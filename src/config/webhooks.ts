import { closest } from "../base/closest.ts";
import { matches } from "../base/glob.ts";
import type { AddressChecks } from "./address.ts";
import type { Webhook } from "./config.ts";
import { unique } from "./duplicates.ts";
import { ANY_EVENT, type ConfigSinkKind } from "./kinds.ts";
import { type Runtime, RUNTIMES } from "./runtime.ts";
import type { Note } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";

/** The events a webhook can receive. */
const EVENTS = [
  "incident.opened",
  "incident.updated",
  "incident.acknowledged",
  "incident.resolved",
] as const;

type Drafts = Draft<RawConfig>["webhooks"];

/** Context for reading webhooks. */
export interface WebhookContext {
  sinks: readonly ConfigSinkKind[];
  allowPrivate: boolean;
  runtime?: Runtime;
  checks?: AddressChecks;
}

/** Reads webhooks and fills in defaults. */
export function readWebhooks(
  drafts: Drafts,
  { sinks, allowPrivate, runtime, checks }: WebhookContext,
  note: Note,
): Webhook[] {
  const noteDuplicate = unique("webhook", note);
  return (drafts ?? []).flatMap((draft, i) => {
    if (!draft) return [];
    const sink = sinkOf(draft, sinks);
    const { id = "", kind: _, events = [...sink?.events ?? ANY_EVENT], ...settings } = draft;
    const path = ["webhooks", i];
    noteDuplicate(draft.id, [...path, "id"]);
    if (sink?.runtime && runtime && sink.runtime !== programOf(runtime)) {
      const message = `only Assay on ${RUNTIMES[sink.runtime]} supports this kind`;
      note({ path: [...path, "kind"], message, expected: "another kind", found: sink.kind });
    }
    for (const finding of sink?.validate?.(settings) ?? []) {
      note({ ...finding, path: [...path, ...finding.path] });
    }
    for (const field of sink?.addresses ?? []) {
      checks?.address(settings[field] as string | undefined, [...path, field], { allowPrivate }, note);
    }
    const globs = events.filter((glob) => glob !== undefined);
    for (const [j, glob] of globs.entries()) {
      if (EVENTS.some((event) => matches(glob, event))) continue;
      const expected = `a glob over ${EVENTS.join(", ")}`;
      const suggestion = closest(glob, [...EVENTS, ...ANY_EVENT]);
      note({ path: [...path, "events", j], message: "no event matches", expected, found: glob, suggestion });
    }
    return [{ id, kind: sink?.kind ?? "", settings, events: globs }];
  });
}

/** Deno Deploy runs the same program as Deno. */
const programOf = (runtime: Runtime) => runtime === "deno-deploy" ? "deno" : runtime;

/**
 * Paths of each webhook where references are replaced: anywhere if its kind is unknown, which is reported
 * elsewhere.
 */
export function webhookSecrets(drafts: Drafts, sinks: readonly ConfigSinkKind[]): RegExp[] {
  return (drafts ?? []).map((draft, i) => {
    const fields = draft && sinkOf(draft, sinks)?.secrets.join("|");
    return new RegExp(`^webhooks/${i}/(${fields ?? ".+"})(/|$)`);
  });
}

/** The kind of a webhook; undefined if it is unknown. */
function sinkOf(draft: object, sinks: readonly ConfigSinkKind[]): ConfigSinkKind | undefined {
  if (!("kind" in draft)) return sinks.find(({ isDefault }) => isDefault);
  return sinks.find(({ kind }) => kind === draft.kind);
}
