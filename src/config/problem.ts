import { ellipsize } from "../base/text.ts";

/** Steps from the root of the config: keys and list positions. */
export type Path = readonly (string | number)[];

/** One problem of a config. Lines and columns count from 1; absent if there is no text. */
export interface Problem {
  severity: "error" | "warning";
  /** The file, if a config has several. */
  file?: string;
  line?: number;
  column?: number;
  /** `targets[0].checks[0].every` */
  path: string;
  message: string;
  expected?: string;
  found?: string;
  suggestion?: string;
}

/** The most problems in the message of a `ConfigError`. */
const MAX_IN_MESSAGE = 10;

/** All problems of a config, including warnings. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: Problem[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    const listed = errors.slice(0, MAX_IN_MESSAGE).map(({ path, message }) => `${path}: ${message}`).join(
      "; ",
    );
    const more = errors.length > MAX_IN_MESSAGE ? `; and ${errors.length - MAX_IN_MESSAGE} more` : "";
    super(`The config is not valid: ${listed}${more}`);
  }
}

/** Finds the position of a path in the text. `offset` counts characters within the scalar there. */
export type Locate = (
  path: Path,
  at: "key" | "value",
  offset?: number,
) => { file?: string; line: number; column: number } | undefined;

/** A problem before its position is known. */
export interface Finding extends Omit<Problem, "severity" | "file" | "line" | "column" | "path"> {
  severity?: Problem["severity"];
  path: Path;
  /** Which half of the pair is wrong; default `value`. */
  at?: "key" | "value";
  offset?: number;
}

/** Records one finding. */
export type Note = (finding: Finding) => void;

const MAX_PROBLEMS = 2_000;

/** Adds positions to findings: to at most 2,000, errors first. */
export function toProblems(findings: readonly Finding[], locate: Locate): Problem[] {
  const errors = findings.filter((finding) => finding.severity !== "warning");
  const warnings = findings.filter((finding) => finding.severity === "warning");
  return [...errors, ...warnings].slice(0, MAX_PROBLEMS).map(
    ({ path, at = "value", offset, severity = "error", ...rest }) => (
      { severity, ...locate(path, at, offset), path: pathText(path), ...rest }
    ),
  );
}

/** Sorts problems by file, line and column. */
export function sortProblems(problems: Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const order = ({ file }: Problem) => files.indexOf(file);
  return problems.toSorted((a, b) =>
    order(a) - order(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}

/** `targets[0].labels["a b"]`; the root is `config`. */
export function pathText(path: Path): string {
  const text = path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }).join("");
  return text.replace(/^\./, "") || "config";
}

// Paths whose texts are or may contain secrets.
const HIDDEN =
  /(^|\/)(token|hash|secret|accessKeyId|secretAccessKey|sessionToken|headers|form|raw|json|query|auth|multipart|graphql)(\/|$)|^webhooks\/\d+\/(?!(id|kind|events)(\/|$))/;

// Other texts are quoted, because they would look like another type or several words.
const BARE = /^(?!(?:[\d.e+-]+|true|false|null)$)[^\s"']+$/;

/** Describes a value at `path` for a message: short, and never a secret. */
export function describe(value: unknown, path: Path): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (HIDDEN.test(path.join("/"))) {
    return `a ${typeof value === "string" ? "text" : typeof value} (not shown)`;
  }
  if (typeof value !== "string") return String(value);
  const shown = withoutSecrets(value);
  const short = ellipsize(shown, 80);
  return BARE.test(short) ? short : JSON.stringify(short);
}

/**
 * Masks userinfo and query of a URL. Masks an invalid URL with an `@` completely: its password may contain a
 * `/`.
 */
function withoutSecrets(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:(?=[\\/]|\S*@)/i.exec(text)?.[0];
  if (!scheme) return text;
  if (text.includes("@") && !URL.canParse(text)) return `${scheme}***`;
  const rest = text.slice(scheme.length).replace(/^([\\/]*)[^/?#\\]*@/, "$1***@");
  return scheme + rest.replace(/[?#].*$/s, (tail) => `${tail[0]}***`);
}
