import { ellipsize } from "../base/text.ts";

/** Steps from the root of the config: keys and list positions. */
export type Path = readonly (string | number)[];

/** One thing wrong with a config. Lines and columns count from 1 and are absent if there is no text. */
export interface Problem {
  severity: "error" | "warning";
  /** The file, where a config has several. */
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

/** Problems that the message of a `ConfigError` names. */
const MAX_IN_MESSAGE = 10;

/** The operator's mistakes, all at once; warnings are among them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: Problem[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    const said = errors.slice(0, MAX_IN_MESSAGE).map(({ path, message }) => `${path}: ${message}`).join("; ");
    const more = errors.length > MAX_IN_MESSAGE ? `; and ${errors.length - MAX_IN_MESSAGE} more` : "";
    super(`The config is not valid: ${said}${more}`);
  }
}

/** Where a path stands in the text; `offset` counts characters of the scalar that stands there. */
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

/** Takes one finding. */
export type Note = (finding: Finding) => void;

const MAX_PROBLEMS = 2_000;

/** Finds the positions of findings: of 2,000 at most, warnings left out first. */
export function toProblems(findings: readonly Finding[], locate: Locate): Problem[] {
  const errors = findings.filter((finding) => finding.severity !== "warning");
  const warnings = findings.filter((finding) => finding.severity === "warning");
  return [...errors, ...warnings].slice(0, MAX_PROBLEMS).map(
    ({ path, at = "value", offset, severity = "error", ...rest }) => (
      { severity, ...locate(path, at, offset), path: pathText(path), ...rest }
    ),
  );
}

/** Problems in the order of the text. */
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

// Places whose texts are secrets or may carry them.
const HIDDEN =
  /(^|\/)(token|hash|secret|accessKeyId|secretAccessKey|sessionToken|headers|form|raw|json|query|auth|multipart|graphql)(\/|$)|^webhooks\/\d+\/(?!(id|kind|events)(\/|$))/;

// Anything else is quoted: it would read as another type, or not as one word.
const BARE = /^(?!(?:[\d.e+-]+|true|false|null)$)[^\s"']+$/;

/** What stands at `path`, for a human: short, and never a secret. */
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

/** Cuts userinfo and query from a URL, and all of what would be one if its user name or password held no `/`. */
function withoutSecrets(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:(?=[\\/]|\S*@)/i.exec(text)?.[0];
  if (!scheme) return text;
  if (text.includes("@") && !URL.canParse(text)) return `${scheme}***`;
  const rest = text.slice(scheme.length).replace(/^([\\/]*)[^/?#\\]*@/, "$1***@");
  return scheme + rest.replace(/[?#].*$/s, (tail) => `${tail[0]}***`);
}
