/** Checks the values of secrets, which only the environment knows. */
import { HEADER_VALUE } from "../base/http/header_value.ts";
import { WHOLE_LENGTH } from "../base/redaction.ts";
import { type Note, type Path, pathText } from "./problem.ts";

/** Looks up `${env:NAME}`. Without `env`, values are not checked. */
export interface Environment {
  env?: (name: string) => string | undefined;
  /** Severity of an unset name; default `error`. */
  envMissing?: "error" | "warning";
}

/** A secret that a config references. */
export interface SecretUse {
  /** Of the variable; `file:` before the path of a file. */
  name: string;
  /** Its value where it is not set. */
  fallback?: string;
  /** Where it is used, at least one path. */
  paths: Path[];
  /** How many more places use it. */
  more?: number;
}

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

/** Whether a path matches one of these patterns. */
export const isOneOf = (places: readonly RegExp[], path: Path): boolean =>
  places.some((place) => place.test(path.join("/")));

/** Reports each secret that is unset, cannot be sent where it is used, or is a token that is short enough to guess. */
export function checkSecrets(
  uses: readonly SecretUse[],
  { env, envMissing = "error" }: Environment,
  note: Note,
): void {
  if (!env) return;
  for (const { name, fallback, paths, more = 0 } of uses) {
    const value = env(name) ?? fallback;
    for (const path of value ? paths : []) {
      const [, , expected] = FORMS.find(([places, form]) => isOneOf(places, path) && !form.test(value!)) ??
        [];
      if (expected) note({ path, message: `the value of ${name} cannot be sent here`, expected });
    }
    const opened = paths.find((path) => isOneOf(TOKENS, path));
    if (!value) {
      note({ severity: envMissing, path: paths[0]!, ...unsetFinding({ name, paths, more }, value) });
    } else if (env(name) === undefined) continue;
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

function unsetFinding(
  { name, paths: [, ...others], more }: Required<Omit<SecretUse, "fallback">>,
  value?: string,
) {
  const unnamed = Math.max(0, others.length - 3) + more;
  const also = [...others.slice(0, 3).map(pathText), ...unnamed > 0 ? [`${unnamed} more`] : []].join(", ");
  return {
    message: `${name} is ${value === "" ? "empty" : "not set"}${also && `; also used at ${also}`}`,
    expected: name.startsWith("file:") ? `the file ${name.slice(5)}` : `the environment variable ${name}`,
    found: "nothing",
  };
}
