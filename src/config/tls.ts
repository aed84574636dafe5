import type { TlsSettings } from "../base/ports.ts";

import type { Runtime } from "./runtime.ts";
import type { Note, Path } from "./problem.ts";

/** What of TLS settings cannot be used, and what should stand there. */
export interface TlsFault {
  field: "ca" | "cert" | "key";
  expected: string;
}

/** Reads settings whose references are filled in; undefined: all can be used. */
export type TlsFaultOf = (settings: TlsSettings) => TlsFault | undefined;

/** What TLS settings are held against. */
export interface TlsRules {
  /** What a variable holds; absent: unknown. */
  env?: (name: string) => string | undefined;
  /** A Worker and Deno Deploy ask by a fetch that has no connection of its own. */
  runtime?: Runtime;
  tlsFault?: TlsFaultOf;
  note: Note;
}

const LACKING: Partial<Record<Runtime, string>> = { "cloudflare": "a Worker", "deno-deploy": "Deno Deploy" };

const REFERENCE = /^\$\{env:(\w+)\}$/;

/** What is special about TLS to a target; `ca`, `cert` and `key` may be a `${env:NAME}`. */
export function readTls(
  draft: TlsSettings | undefined,
  path: Path,
  { runtime, tlsFault, env, note }: TlsRules,
): TlsSettings | undefined {
  const place = runtime && LACKING[runtime];
  if (draft && place) {
    const expected = "probers that run on Deno";
    note({ path, at: "key", message: `${place} has no TLS settings`, expected, found: "tls" });
  }
  if (draft?.insecure) {
    const message = "any certificate is accepted: those of this target are not checked";
    note({ severity: "warning", path: [...path, "insecure"], message, expected: "ca, with who signed them" });
  }
  const fault = draft && tlsFault?.(valuesOf(draft, env));
  if (fault) {
    const name = REFERENCE.exec(draft[fault.field] ?? "")?.[1];
    const message = `${name === undefined ? fault.field : `the value of ${name}`} cannot be used`;
    note({ path: [...path, fault.field], message, expected: fault.expected });
  }
  return draft;
}

/** The certificates, if the text has the shape of PEM: other rules report a variable that is not set, or holds something else. */
function valuesOf({ ca, cert, key }: TlsSettings, env: TlsRules["env"]): TlsSettings {
  const valueOf = (text: string | undefined) => {
    const name = REFERENCE.exec(text ?? "")?.[1];
    const value = name === undefined ? text : env?.(name);
    return value?.includes("-----BEGIN ") ? value : undefined;
  };
  return { ca: valueOf(ca), cert: valueOf(cert), key: valueOf(key) };
}
