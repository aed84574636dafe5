import type { Vault } from "./ports.ts";

const REFERENCE = /\$\{env:([A-Z_][A-Z0-9_]*)\}/g;
/** Shorter values would blank out ordinary text, and are no secrets. */
const SHORTEST = 4;

/** Names of all `${env:NAME}` in a text. */
export const references = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(REFERENCE), ([, name]) => name!)),
];

/**
 * The vault over the environment, for the references in `configText`. Values are redacted also where they stand
 * percent-encoded or inside JSON; those under 4 characters are not redacted at all.
 */
export function vault(configText: string, env: (name: string) => string | undefined): Vault {
  const values = references(configText).map(env).filter((value) => value !== undefined)
    .filter((value) => value.length >= SHORTEST);
  const forms = values.flatMap((
    value,
  ) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  // Longest first, so that a secret that contains another leaves nothing of itself.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return {
    reveal: (text) =>
      text.includes("${env:")
        ? text.replace(REFERENCE, (_, name) => {
          const value = env(name);
          if (value === undefined) throw new Error(`\${env:${name}} is not set`);
          return value;
        })
        : text,
    redact: (text) => known.reduce(blanked, text),
  };
}

/** What a text that was cut in the middle of a secret may still show of it, in characters. */
const PREFIX = 8;

/** Blanks a secret, and also its beginning, because evidence is cut to length. */
function blanked(text: string, secret: string): string {
  let rest = text.replaceAll(secret, "***");
  for (let length = secret.length - 1; length >= PREFIX && rest.includes(secret.slice(0, PREFIX)); length--) {
    rest = rest.replaceAll(secret.slice(0, length), "***");
  }
  return rest;
}
