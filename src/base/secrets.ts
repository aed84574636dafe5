import { redactor } from "./redaction.ts";
import { HEADER_VALUE } from "./http/header_value.ts";
import { ConfigFault, type Secrets } from "./ports.ts";

/**
 * `${env:NAME}`, `${env:NAME:-default}` or `${file:/path}`. Captures the name (a path keeps its `file:`) and
 * the default.
 */
const REFERENCE = /\$\{(?:env:(?=[A-Z_])|(?=file:\/))([A-Z_][A-Z0-9_]*|file:\/[^}\s]+)(?::-([^}]*))?\}/g;

/** Whether a text may hold a reference to a secret. */
export const hasReference = (text: string): boolean => text.includes("${env:") || text.includes("${file:");
/** Shorter prefixes of a value reveal nothing. */
const SHORTEST = 4;

/** The names of all references in a text; those of files begin with `file:`. */
export const references = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(REFERENCE), ([, name]) => name!)),
];

/** The secrets that the names refer to. redaction.ts documents what is redacted. */
export function secretsOf(
  names: readonly string[],
  env: (name: string) => string | undefined,
): Secrets {
  const values = names.map(env).filter((value) => value !== undefined);
  return {
    reveal: (text) =>
      hasReference(text)
        ? text.replace(REFERENCE, (_, name, fallback) => {
          const value = env(name) ?? fallback;
          if (value === undefined) {
            throw new ConfigFault(`\${${name.startsWith("file:") ? "" : "env:"}${name}} is not set`);
          }
          return value;
        })
        : text,
    redact: redactor(values),
  };
}

/**
 * A header's value with its secrets. Throws `ConfigFault` if they contain characters that a header cannot
 * hold.
 */
export function revealHeader({ reveal }: Pick<Secrets, "reveal">, name: string, value: string): string {
  const revealed = reveal(value);
  if (HEADER_VALUE.test(revealed)) return revealed;
  throw new ConfigFault(
    `header ${name}: the value of ${references(value).join(", ")} has characters that no header can hold`,
  );
}

/** Masks a secret, and its prefix where a text was cut inside it: at the end, or before "…". */
export function mask(text: string, secret: string): string {
  let rest = text.replaceAll(secret, "***");
  if (!rest.includes(secret.slice(0, SHORTEST))) return rest;
  for (let length = secret.length - 1; length >= SHORTEST; length--) {
    const start = secret.slice(0, length);
    rest = rest.replaceAll(`${start}…`, "***…");
    if (rest.endsWith(start)) rest = `${rest.slice(0, -length)}***`;
  }
  return rest;
}
