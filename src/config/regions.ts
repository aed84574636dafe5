import type { ProberConfig, Quorum, Region } from "./config.ts";
import type { AddressChecks } from "./address.ts";
import { closest } from "../base/closest.ts";
import { describe, type Note, type Path } from "./problem.ts";
import { readQuorum } from "./rules.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { unique } from "./duplicates.ts";
import type { Runtime } from "./runtime.ts";
import { PLACES } from "./schema/places.ts";

type Entry = NonNullable<NonNullable<Draft<RawConfig>["regions"]>[number]>;
type RegionDraft = Exclude<Entry, string>;
type ProberDraft = NonNullable<NonNullable<RegionDraft["probers"]>[number]>;

/** A prober, and the path to one of its fields. */
interface PlacedProber {
  prober: ProberConfig;
  at: (field?: string) => Path;
}

const DEFAULT_QUORUM: Quorum = { open: "majority", resolve: "majority", minReporting: 1 };

// Durable Objects do not start in these places: see the table of hints in Cloudflare's "Data location".
const DISPLACED: Record<string, string> = { sam: "in enam", afr: "elsewhere", me: "elsewhere" };

const SHORT = ["local", ...PLACES.filter((place) => !place.includes("-"))];

/** Reads regions in both forms. Default: one region with one prober, this process. */
export function readRegions(
  written: Draft<RawConfig>["regions"],
  { runtime, checks }: { runtime?: Runtime; checks?: AddressChecks },
  note: Note,
): Region[] {
  const noteRegion = unique("region", note);
  const noteProber = unique("prober", note);
  const placed: PlacedProber[] = [];
  const regions = (written ?? ["local"]).flatMap((entry, i): Region[] => {
    if (entry === undefined) return [];
    const path: Path = written ? ["regions", i] : ["regions"];
    const at = (...steps: Path) => typeof entry === "string" ? path : [...path, ...steps];
    const { id, probers, quorum } = typeof entry === "string" ? expandRegion(entry, path, note) : entry;
    noteRegion(id, at("id"));
    const here = (probers ?? []).flatMap((draft, j): PlacedProber[] => {
      const inside = (field?: string) => field ? at("probers", j, field) : at("probers", j);
      noteProber(draft?.id, inside("id"));
      return draft ? [{ prober: readProber(draft, id ?? "", inside, { checks, note }), at: inside }] : [];
    });
    placed.push(...here);
    const voters = { count: probers?.length ?? Infinity, words: "probers in this region" };
    const rules = readQuorum(quorum, DEFAULT_QUORUM, voters, { path: at("quorum"), note });
    return [{ id: id ?? "", quorum: rules, probers: here.map((one) => one.prober) }];
  });
  checkRuntime(placed, runtime, note);
  return regions;
}

/** Expands a bare id to the long form. */
function expandRegion(id: string, path: Path, note: Note): RegionDraft {
  if (id === "local") return { id, probers: [{ id }] };
  const place = PLACES.find((one) => one === id && SHORT.includes(one));
  if (place) return { id, probers: [{ id, place }] };
  const hyphen = PLACES.some((one) => one === id);
  note({
    path,
    message: hyphen ? "a place with a hyphen needs the long form" : "not a region that one word can name",
    expected: hyphen
      ? `{ id: ${id.replace("-", "")}, probers: [{ id: ${id}, place: ${id} }] }`
      : `one of: ${SHORT.join(", ")}`,
    found: describe(id, path),
    suggestion: hyphen ? undefined : closest(id, SHORT),
  });
  return { id };
}

function readProber(
  draft: ProberDraft,
  region: string,
  at: PlacedProber["at"],
  { checks, note }: { checks?: AddressChecks; note: Note },
): ProberConfig {
  const { id = "", place, generation = 1, url, token } = draft;
  if ("place" in draft && "url" in draft) {
    note({ path: at("url"), message: "a prober has a place or a url, not both", expected: "one of them" });
  }
  for (const [field, holder] of [["token", "url"], ["generation", "place"]] as const) {
    if (!(field in draft) || holder in draft) continue;
    const message = `a ${field} without a ${holder} is never used`;
    note({ path: at(field), at: "key", message, expected: `a ${holder} beside it` });
  }
  if (place && DISPLACED[place]) {
    const message = `Cloudflare starts objects for ${place} ${
      DISPLACED[place]
    }, so this prober does not run in that place`;
    note({ severity: "warning", path: at("place"), message, found: place });
  }
  if ("place" in draft) return { id, region, kind: "place", place: place ?? "", generation };
  if (!("url" in draft)) return { id, region, kind: "local" };
  // Private addresses are allowed, because probers are the operator's own machines.
  checks?.address(url, at("url"), { prefix: true, allowPrivate: true }, note);
  if (!("token" in draft)) {
    note({
      path: at("token"),
      message: "token is missing",
      expected: "a reference: ${env:NAME}",
      found: "nothing",
    });
  }
  return { id, region, kind: "remote", url: url ?? "", token: token ?? "" };
}

function checkRuntime(placed: PlacedProber[], runtime: Runtime | undefined, note: Note): void {
  const places = placed.filter(({ prober }) => prober.kind === "place");
  const locals = placed.filter(({ prober }) => prober.kind === "local");
  for (const { at } of locals.slice(1)) {
    note({ path: at(), message: "a second prober that is this process", expected: "a place or a url" });
  }
  if (runtime === "deno" || runtime === "deno-deploy") {
    for (const { at } of places) {
      note({ path: at("place"), message: "a place needs Cloudflare", expected: "a url, or neither" });
    }
  }
  if (runtime === "cloudflare") {
    for (const { at } of locals) {
      note({ path: at(), message: "on Cloudflare no prober is this process", expected: "a place or a url" });
    }
  }
  if (runtime === undefined && places.length > 0 && locals[0]) {
    const message = "no runtime can run this: a place needs Cloudflare, and there no prober is this process";
    note({ path: locals[0].at(), message, expected: "places and urls, or urls and this process" });
  }
}
