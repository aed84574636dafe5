import { hostOf, isAddress } from "../base/http/guard.ts";
import { isRecord } from "../base/json.ts";
import type { Note, Path } from "./problem.ts";

/** The keys whose text, or list of texts, Assay asks. */
const ASKED = new Set(["url", "path", "controls"]);

/** Notes each URL with an address for a host: a Worker's fetch is answered 403 there, by Cloudflare ("Fetch to IP addresses" in its known issues). */
export function checkEdgeAddresses(draft: unknown, note: Note, path: Path = []): void {
  if (typeof draft === "string") {
    const url = /^https?:/i.test(draft) ? URL.parse(draft) : null;
    if (!url || !isAddress(hostOf(url))) return;
    const message = "a Worker cannot ask an IP address: Cloudflare answers 403 in its place";
    return note({ path, message, expected: "a host name", found: draft });
  }
  if (Array.isArray(draft)) {
    return draft.forEach((item, i) => {
      if (typeof item !== "string" || path.at(-1) === "controls") {
        checkEdgeAddresses(item, note, [...path, i]);
      }
    });
  }
  if (!isRecord(draft)) return;
  for (const [key, value] of Object.entries(draft)) {
    if (typeof value !== "string" || ASKED.has(key)) checkEdgeAddresses(value, note, [...path, key]);
  }
}
