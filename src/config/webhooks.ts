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

/** The events a webhook can take. */
const EVENTS = [
  "incident.opened",
  "incident.updated",
  "incident.acknowledged",
  "incident.resolved",
] as const;

type Drafts = Draft<RawConfig>["webhooks"];

/** What webhooks are held against. */
export interface WebhookContext {
  sinks: readonly ConfigSinkKind[];
  allowPrivate: boolean;
  runtime?: Runtime;
  checks?: AddressChecks;
}

/** The webhooks, every default filled in. */
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
      const message = `only Assay on ${RUNTIMES[sink.runtime]} can tell this kind`;
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

/** Deno Deploy runs the same program as any Deno. */
const programOf = (runtime: Runtime) => runtime === "deno-deploy" ? "deno" : runtime;

/** Where a reference is replaced in each webhook: anywhere in one whose kind is not known, which is fault enough. */
export function webhookSecrets(drafts: Drafts, sinks: readonly ConfigSinkKind[]): RegExp[] {
  return (drafts ?? []).map((draft, i) => {
    const fields = draft && sinkOf(draft, sinks)?.secrets.join("|");
    return new RegExp(`^webhooks/${i}/(${fields ?? ".+"})(/|$)`);
  });
}

/** Undefined: what stands there as its kind is none. */
function sinkOf(draft: object, sinks: readonly ConfigSinkKind[]): ConfigSinkKind | undefined {
  if (!("kind" in draft)) return sinks.find(({ isDefault }) => isDefault);
  return sinks.find(({ kind }) => kind === draft.kind);
}
