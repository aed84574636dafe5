import { redactor } from "../../base/redaction.ts";
import type { RunContext } from "./step_kind.ts";

/**
 * Redacts secrets of the environment, and those of this run so far: secret captures, cookies and hidden
 * texts.
 */
export function runRedactor(
  { ports: { secrets }, captures, secretCaptures, jar, hidden }: Pick<
    RunContext,
    "ports" | "captures" | "secretCaptures" | "jar" | "hidden"
  >,
): (text: string) => string {
  const captured = [...secretCaptures].flatMap((name) => textsIn(captures[name]));
  const given = redactor([...captured, ...jar.values(), ...hidden]);
  return (text) => given(secrets.redact(text));
}

/** All texts and numbers in a JSON value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return value === undefined || value === null || typeof value === "boolean" ? [] : [String(value)];
}
