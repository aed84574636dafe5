import type { ConfigStepKind } from "./kinds.ts";
import { hasReference } from "../base/secrets.ts";
import { HEADER_VALUE } from "../base/http/header_value.ts";
import { WHOLE_LENGTH } from "../base/redaction.ts";
import { type Note, type Path, pathText } from "./problem.ts";

/** Looks up `${env:NAME}`. Without `env`, values are not checked. */
export interface Environment {
  env?: (name: string) => string | undefined;
  /** Severity of an unset name; default `error`. */
  envMissing?: "error" | "warning";
}

/** Further paths where kinds replace `${env:NAME}`. */
interface Places {
  places?: readonly RegExp[];
  steps: readonly ConfigStepKind[];
}

const REFERENCE = /\$\{(?:env|file):([^}]*)\}?/g;
const WHOLE = /^\$\{(?:env:([A-Z_][A-Z0-9_]*)(:-[^}]*)?|(file:\/[^}\s]+))\}$/;
const DEPTH = 100;

// Paths where references are replaced. Other texts are used as written.
const REPLACED = [
  /^api\/token$/,
  /^heartbeat\/url$/,
  /^hooks\/github\/(secret|app\/key)$/,
  /^regions\/\d+\/probers\/\d+\/(url|token)$/,
  /^targets\/\d+\/(checks\/\d+\/(report\/(\d+\/)?)?)?auth\/.+/,
  /^targets\/\d+\/(url|tls\/(ca|cert|key))$/,
  /^targets\/\d+\/checks\/\d+\/report\/(\d+\/)?(headers\/.+|push\/token|aws\/(accessKeyId|secretAccessKey|sessionToken))$/,
];

// Below a step, its kind defines the paths.
const STEP = /^targets\/\d+\/checks\/\d+\/(?:journey|cleanup)\/\d+\/(.+)$/;

/** Shorter tokens can be guessed by brute force. */
const SHORTEST_TOKEN = 16;
// Secrets that protect Assay itself.
const TOKENS = [
  /^api\/token$/,
  /^hooks\/github\/secret$/,
  /^regions\/\d+\/probers\/\d+\/token$/,
  /^targets\/\d+\/checks\/\d+\/report\/(\d+\/)?push\/token$/,
];

const CHECK = "^targets/\\d+/checks/\\d+/";
// Paths where only some values can be sent.
const FORMS: [places: RegExp[], form: RegExp, expected: string][] = [
  [
    [
      /^api\/token$/,
      /^regions\/\d+\/probers\/\d+\/token$/,
      new RegExp(`${CHECK}(journey|cleanup)/\\d+/request/headers/`),
      new RegExp(`${CHECK}report/(\\d+/)?(headers/|push/token$|aws/)`),
    ],
    HEADER_VALUE,
    "a header value: one line of Latin letters, no control characters",
  ],
  [
    [new RegExp(`${CHECK}(journey|cleanup)/\\d+/request/(path|url)$`)],
    /^[^\p{Cc}#]*$/u,
    "part of a URL: no # and no control characters",
  ],
  [
    [/^targets\/\d+\/url$/, /^regions\/\d+\/probers\/\d+\/url$/],
    /^[^\p{Cc}#?]*$/u,
    "an origin with a base path at most: no ?, no # and no control characters",
  ],
  [[/^targets\/\d+\/tls\/(ca|cert)$/], /-----BEGIN CERTIFICATE-----/, "a certificate in PEM"],
  [[/^targets\/\d+\/tls\/key$/], /-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key in PEM"],
];

const isOneOf = (places: readonly RegExp[], path: Path) => places.some((place) => place.test(path.join("/")));

/**
 * Reports each `${env:NAME}` that is malformed, misplaced or unset, and tokens that are short enough to
 * guess.
 */
export function checkReferences(
  config: unknown,
  { env, envMissing = "error", places = [], steps }: Environment & Places,
  note: Note,
): void {
  const replaced = [...REPLACED, ...places];
  const isReplaced = (path: Path) => {
    const below = STEP.exec(path.join("/"))?.[1];
    if (below?.startsWith("auth/")) return true;
    return below === undefined
      ? isOneOf(replaced, path)
      : steps.some(({ references }) => references.test(below));
  };
  const uses = new Map<string, Path[]>();
  const fallbacks = new Map<string, string>();
  walk(config, [], (text, path, at) => {
    for (const [whole, rest = ""] of text.matchAll(REFERENCE)) {
      const [, variable, fallback, file] = WHOLE.exec(whole) ?? [];
      const name = variable ?? file;
      // Text after a broken reference may be a secret, so show only its name.
      const found = name ? whole : `${whole.slice(0, whole.indexOf(":"))}:${/^\w*/.exec(rest)?.[0]}`;
      if (!name) {
        note({
          path,
          at,
          message: "not a reference",
          expected: "${env:NAME}: capitals, digits and underscores; or ${file:/path}",
          found,
        });
      } else if (at === "key" || !isReplaced(path)) {
        note({ path, at, message: "a reference is not replaced here", expected: "a plain value", found });
      } else {
        uses.set(name, [...uses.get(name) ?? [], path]);
        if (fallback !== undefined) fallbacks.set(name, fallback.slice(2));
      }
    }
  });
  if (!env) return;
  for (const [name, paths] of uses) {
    const value = env(name) ?? fallbacks.get(name);
    for (const path of value ? paths : []) {
      const [, , expected] = FORMS.find(([places, form]) => isOneOf(places, path) && !form.test(value!)) ??
        [];
      if (expected) note({ path, message: `the value of ${name} cannot be sent here`, expected });
    }
    const opened = paths.find((path) => isOneOf(TOKENS, path));
    if (!value) note({ severity: envMissing, path: paths[0]!, ...unsetFinding(name, value, paths) });
    else if (env(name) === undefined) continue;
    else if (opened && value.length < SHORTEST_TOKEN) {
      note({ severity: "warning", path: opened, ...guessable(name) });
    } else if (value.length < WHOLE_LENGTH) note({ severity: "warning", path: paths[0]!, ...short(name) });
  }
}

const short = (name: string) => ({
  message:
    `${name} has fewer than ${WHOLE_LENGTH} characters: where a target echoes it escaped, evidence shows it`,
  expected: `a value of ${WHOLE_LENGTH} characters or more`,
});

const guessable = (name: string) => ({
  message: `${name} has fewer than ${SHORTEST_TOKEN} characters: it may be guessed`,
  expected: "a random token: openssl rand -base64 32",
});

function unsetFinding(name: string, value: string | undefined, [, ...others]: Path[]) {
  const also = others.slice(0, 3).map(pathText).join(", ") +
    (others.length > 3 ? ` and ${others.length - 3} more` : "");
  return {
    message: `${name} is ${value === "" ? "empty" : "not set"}${also && `; also used at ${also}`}`,
    expected: name.startsWith("file:") ? `the file ${name.slice(5)}` : `the environment variable ${name}`,
    found: "nothing",
  };
}

/** Calls `visit` for each text or key that may contain a reference. */
function walk(
  value: unknown,
  path: Path,
  visit: (text: string, path: Path, at: "key" | "value") => void,
): void {
  if (typeof value === "string" && hasReference(value)) return visit(value, path, "value");
  if (typeof value !== "object" || value === null || path.length > DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    if (hasReference(key)) visit(key, below, "key");
    walk(inner, below, visit);
  }
}
