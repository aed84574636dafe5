import { redactor } from "../../base/redaction.ts";
import type { RunContext } from "./step_kind.ts";

/** Blanks the secrets of the environment, and those that this run was given so far: secret captures and cookies. */
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

/** The texts and numbers of a JSON value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return value === undefined || value === null || typeof value === "boolean" ? [] : [String(value)];
}
