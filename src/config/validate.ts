import { closest } from "../base/closest.ts";
import type { Kinds } from "./kinds.ts";
import { describe, type Finding, type Path } from "./problem.ts";
import { meantDuration } from "./schema/duration.ts";
import { grammar, type RawConfig } from "./schema/mod.ts";
import type * as z from "../base/zod.ts";
import { isRecord } from "../base/json.ts";

/** A config as written, with undefined where the shape was wrong. */
export type Draft<T> = T extends readonly (infer Item)[] ? (Draft<Item> | undefined)[]
  : T extends object ? { [Key in keyof T]?: Draft<T[Key]> }
  : T;

type Issue = z.core.$ZodIssue;
/** The source text of a scalar, if known. */
type TextOf = (path: Path) => string | undefined;

type FindingText = Omit<Finding, "path">;

const TYPES: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
};

/** Checks a value against the grammar. Returns all findings, and the valid rest for further checks. */
export function validate(
  value: unknown,
  kinds: Kinds,
  textOf: TextOf = () => undefined,
): { draft: Draft<RawConfig>; findings: Finding[] } {
  const parsed = grammar(kinds).safeParse(value);
  if (parsed.success) return { draft: value as Draft<RawConfig>, findings: [] };
  const issues = parsed.error.issues.flatMap((issue) => resolveUnion(issue, value));
  const findings = issues.flatMap((issue) => toFindings(issue, value, textOf));
  const draft: unknown = structuredClone(value);
  for (const issue of issues) prune(draft, issue);
  return { draft: (isRecord(draft) ? draft : {}) as Draft<RawConfig>, findings };
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined | null)?.[step], root);

const pathOf = (issue: Issue): Path => issue.path as Path;

/** Replaces a failed union by the issues of the likely branch: the right type, then the fewest issues. */
function resolveUnion(issue: Issue, root: unknown): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  if ("options" in issue && issue.options) {
    const values = issue.options.filter((option) => option !== undefined);
    return [{ ...issue, code: "invalid_value", values }];
  }
  const scalar = typeof valueAt(root, pathOf(issue)) !== "object";
  const wrong = ({ code, path }: Issue) =>
    path.length === 0 && (code === "invalid_type" || (code === "invalid_value" && !scalar));
  const ofRightType = issue.errors.filter((branch) => !branch.some(wrong));
  const meant = ofRightType.toSorted((a, b) => a.length - b.length)[0];
  if (!meant) return [issue];
  return meant.flatMap((inner) =>
    resolveUnion({ ...inner, path: [...issue.path, ...inner.path] } as Issue, root)
  );
}

function toFindings(issue: Issue, root: unknown, textOf: TextOf): Finding[] {
  const path = pathOf(issue);
  const value = valueAt(root, path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(key, path, issue.message));
  }
  if (value === undefined && issue.code !== "invalid_key") {
    const { expected } = describeIssue(issue, value, path);
    return [{ path, message: `${path.at(-1) ?? "the config"} is missing`, expected, found: "nothing" }];
  }
  return [{ path, ...describeIssue(issue, value, path, textOf) }];
}

function unknownKey(key: string, path: Path, known: string): Finding {
  const words = known === "" ? [] : known.split(", ");
  return {
    path: [...path, key],
    at: "key",
    message: "unknown key",
    expected: words.length > 0 ? `one of: ${known}` : "an empty map",
    found: key,
    suggestion: meant(key, words) ?? closest(key, words),
  };
}

/** Names that other tools use for our keys. */
const FOREIGN_NAMES: Record<string, RegExp> = {
  every: /^(intervall?|period|frequency|schedule)$/,
  journey: /^(steps|requests|endpoints)$/,
  expect: /^(conditions?|asserts?|assertions|expectations?)$/,
  capture: /^(extract|store|save|captures)$/,
  report: /^(health|readiness|readinessProbe|probe)$/,
  failureThreshold: /^(retries|failures|failure-threshold)$/,
  form: /^(urlencoded)$/,
  raw: /^(body|data|text)$/,
};

const meant = (key: string, words: readonly string[]) =>
  words.find((word) => Object.hasOwn(FOREIGN_NAMES, word) && FOREIGN_NAMES[word]!.test(key));

/** Describes one issue. The grammar's own messages are noun phrases that name what was expected. */
function describeIssue(
  issue: Issue,
  value: unknown,
  path: Path,
  textOf: TextOf = () => undefined,
): FindingText {
  // The source text is shown only if the value itself may be shown.
  const described = describe(value, path);
  const found = described === String(value) ? textOf(path) ?? described : described;
  // The grammar's own messages replace those of zod.
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return rejection(issue.message, value, found);
  switch (issue.code) {
    case "invalid_type":
      return wrongType([issue.expected], value, found);
    case "invalid_union":
      return wrongType(issue.errors.flat().map(expectedType), value, found);
    case "invalid_value": {
      const words = issue.values.map(String);
      const expected = words.length === 1 ? words[0] : `one of: ${words.join(", ")}`;
      return {
        message: "unknown value",
        expected,
        found,
        suggestion: typeof value === "string" ? closest(value, words) : undefined,
      };
    }
    case "too_small":
      return {
        message: "too small",
        expected: limitText("at least", issue.minimum, issue),
        found: sizeText(value, found),
      };
    case "too_big":
      return {
        message: "too big",
        expected: limitText("at most", issue.maximum, issue),
        found: sizeText(value, found),
      };
    case "invalid_key": {
      const expected = issue.issues[0]?.message ?? "another key";
      return { at: "key", ...rejection(expected, undefined, String(path.at(-1))) };
    }
    default:
      return rejection(issue.message, value, found);
  }
}

/** The type that a branch of a union expects, or its allowed words. */
function expectedType(issue: Issue): string {
  if (issue.code === "invalid_value") return `one of: ${issue.values.join(", ")}`;
  return issue.code === "invalid_type" && issue.path.length === 0 ? issue.expected : "";
}

function rejection(expected: string, value: unknown, found: string): FindingText {
  const [, least, most] = /^a duration from (\w+) to (\w+)/.exec(expected) ?? [];
  const suggestion = least ? meantDuration(value, least, most) : undefined;
  return { message: `not ${expected.split(":")[0]}`, expected, found, suggestion };
}

function wrongType(types: string[], value: unknown, found: string): FindingText {
  const names = [...new Set(types.filter(Boolean).map((type) => TYPES[type] ?? type))];
  // A hidden value must not appear in a suggestion either.
  const quote = types.includes("string") && typeof value !== "object" && !found.endsWith("(not shown)") &&
    found !== "nothing";
  return {
    message: "wrong type",
    expected: names.join(" or "),
    found,
    suggestion: quote ? JSON.stringify(found) : undefined,
  };
}

function limitText(
  words: string,
  limit: number | bigint,
  { origin, inclusive }: { origin: string; inclusive?: boolean },
) {
  const start = inclusive === false ? "more than" : words;
  if (origin === "array") return `${start} ${entries(Number(limit))}`;
  return `${start} ${limit}${origin === "string" ? " characters" : ""}`;
}

const entries = (count: number) => count === 1 ? "1 entry" : `${count} entries`;
const sizeText = (value: unknown, found: string) => Array.isArray(value) ? entries(value.length) : found;

/**
 * Removes the value of an issue. Keys and positions stay, so that later checks see that something was
 * written.
 */
function prune(draft: unknown, issue: Issue): void {
  if (issue.code === "unrecognized_keys") {
    const parent = valueAt(draft, pathOf(issue));
    for (const key of issue.keys) if (isRecord(parent)) delete parent[key];
    return;
  }
  const path = pathOf(issue);
  const parent = valueAt(draft, path.slice(0, -1)) as Record<string | number, unknown> | undefined | null;
  const key = path.at(-1);
  if (key !== undefined && parent?.[key] !== undefined) parent[key] = undefined;
}
