import type { TlsSettings } from "../base/ports.ts";
import type { Note, Path } from "./problem.ts";

/** What TLS settings are held against. */
export interface TlsRules {
  /** Some prober asks by a Worker's fetch, which has no connection of its own. */
  isWorker: boolean;
  note: Note;
}

/** What is special about TLS to a target; `ca`, `cert` and `key` may be a `${env:NAME}`. */
export function readTls(
  draft: TlsSettings | undefined,
  path: Path,
  { isWorker, note }: TlsRules,
): TlsSettings | undefined {
  if (draft && isWorker) {
    const expected = "probers that run on Deno";
    note({ path, at: "key", message: "a Worker has no TLS settings", expected, found: "tls" });
  }
  if (draft?.insecure) {
    const message = "whoever answers is believed: certificates of this target are not checked";
    note({ severity: "warning", path: [...path, "insecure"], message, expected: "ca, with who signed them" });
  }
  return draft;
}
