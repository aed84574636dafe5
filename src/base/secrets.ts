import { HEADER_VALUE } from "./http/header_value.ts";
import { ConfigFault, type Secrets } from "./ports.ts";

const REFERENCE = /\$\{env:([A-Z_][A-Z0-9_]*)\}/g;
/** Shorter values would blank out ordinary text, and are no secrets. */
const SHORTEST = 4;

/** How a value may stand in what a target echoes: as it is, in a query, a path, a form, JSON, and on one line. */
const FORMS: readonly ((value: string) => string)[] = [
  (value) => value,
  encodeURIComponent,
  encodeURI,
  (value) => new URLSearchParams([["", value]]).toString().slice(1),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => value.replace(/[\p{Cc}\s]+/gu, " "),
];

/** Names of all `${env:NAME}` in a text. */
export const references = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(REFERENCE), ([, name]) => name!)),
];

/**
 * The secrets of the environment, for the references in `configText`. Values are redacted also where they stand
 * percent-encoded, in a form or inside JSON; those under 4 characters are not redacted at all.
 */
export function secretsOf(configText: string, env: (name: string) => string | undefined): Secrets {
  const values = references(configText).map(env).filter((value) => value !== undefined)
    .filter((value) => value.length >= SHORTEST);
  const forms = values.flatMap((value) => FORMS.map((form) => form(value)));
  // Longest first, so that a secret that contains another leaves nothing of itself.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return {
    reveal: (text) =>
      text.includes("${env:")
        ? text.replace(REFERENCE, (_, name) => {
          const value = env(name);
          if (value === undefined) throw new ConfigFault(`\${env:${name}} is not set`);
          return value;
        })
        : text,
    redact: (text) => known.reduce(mask, text),
  };
}

/** The value of a header with its secrets; throws `ConfigFault` if they bring in what no header can hold. */
export function revealHeader({ reveal }: Pick<Secrets, "reveal">, name: string, value: string): string {
  const revealed = reveal(value);
  if (HEADER_VALUE.test(revealed)) return revealed;
  throw new ConfigFault(`header ${name}: ${references(value).join(", ")} holds what no header can`);
}

/** Blanks a secret, and its beginning where a text was cut to length in the middle of it: at its end, or before "…". */
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
