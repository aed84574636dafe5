import { hostOf, isAddress } from "../base/http/guard.ts";
import { isRecord } from "../base/json.ts";
import type { Note, Path } from "./problem.ts";

/** Keys whose texts are URLs that Assay requests. */
const REQUESTED = new Set(["url", "path", "controls"]);

/**
 * Reports URLs with an IP address: Cloudflare answers 403 to a Worker ("Fetch to IP addresses" in its known
 * issues).
 */
export function checkEdgeAddresses(draft: unknown, note: Note, path: Path = []): void {
  if (typeof draft === "string") {
    const url = /^https?:/i.test(draft) ? URL.parse(draft) : null;
    if (!url || !isAddress(hostOf(url))) return;
    const message = "a Worker cannot send requests to an IP address: Cloudflare answers 403";
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
    if (typeof value !== "string" || REQUESTED.has(key)) checkEdgeAddresses(value, note, [...path, key]);
  }
}
