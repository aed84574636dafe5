import type { TlsSettings } from "../base/ports.ts";

import type { Runtime } from "./runtime.ts";
import type { Note, Path } from "./problem.ts";

/** A TLS setting that cannot be used, and what was expected. */
export interface TlsFault {
  field: "ca" | "cert" | "key";
  expected: string;
}

/** Checks settings with resolved references; undefined if all can be used. */
export type TlsFaultOf = (settings: TlsSettings) => TlsFault | undefined;

/** Context for reading TLS settings. */
export interface TlsRules {
  /** Values of variables; absent: unknown. */
  env?: (name: string) => string | undefined;
  /** Workers and Deno Deploy do not support TLS settings. */
  runtime?: Runtime;
  tlsFault?: TlsFaultOf;
  note: Note;
}

const LACKING: Partial<Record<Runtime, string>> = { "cloudflare": "a Worker", "deno-deploy": "Deno Deploy" };

const REFERENCE = /^\$\{env:(\w+)\}$/;

/** Reads TLS settings of a target. `ca`, `cert` and `key` may be `${env:NAME}`. */
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
    const message = "certificates of this target are not verified";
    note({ severity: "warning", path: [...path, "insecure"], message, expected: "ca, with the issuer" });
  }
  const fault = draft && tlsFault?.(valuesOf(draft, env));
  if (fault) {
    const name = REFERENCE.exec(draft[fault.field] ?? "")?.[1];
    const message = `${name === undefined ? fault.field : `the value of ${name}`} cannot be used`;
    note({ path: [...path, fault.field], message, expected: fault.expected });
  }
  return draft;
}

/**
 * Resolves settings, without values that are not PEM: other rules report unset variables and wrong formats.
 */
function valuesOf({ ca, cert, key }: TlsSettings, env: TlsRules["env"]): TlsSettings {
  const valueOf = (text: string | undefined) => {
    const name = REFERENCE.exec(text ?? "")?.[1];
    const value = name === undefined ? text : env?.(name);
    return value?.includes("-----BEGIN ") ? value : undefined;
  };
  return { ca: valueOf(ca), cert: valueOf(cert), key: valueOf(key) };
}
