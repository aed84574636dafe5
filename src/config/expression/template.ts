import { ExpressionError } from "./error.ts";
import type { Scope } from "./scope.ts";
import { kindOf, type Value } from "./value.ts";

/** The rendered text, or why there is none. */
export type Rendered = { ok: true; text: string } | { ok: false; detail: string };

/** A compiled text with `{{ expr }}`. */
export interface Template {
  source: string;
  /** Whether the text is exactly one `{{ }}`. */
  single: boolean;
  /** Whether it contains no `{{ }}`. */
  literal: boolean;
  /** `url` percent-encodes each inserted value, and refuses an empty one. */
  render(scope: Scope, encode: "url" | "none"): Rendered;
  /** The value for JSON: a single template keeps its type. */
  value(scope: Scope): Value;
}

/** An expression in a template. */
export interface Hole {
  source: string;
  fill(scope: Scope): Value;
}
type Part = string | Hole;

/** One `{{ expr }}`; braces inside a string literal of the expression do not close it. */
const HOLE = /\{\{((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?!\}\})[^"'])*)\}\}/gsy;

/** Parses a template; `makeHole` compiles its expressions. */
export function templateOf(source: string, makeHole: (source: string, offset: number) => Hole): Template {
  const parts = partsOf(source, makeHole);
  const [only] = parts;
  const single = parts.length === 1 && typeof only === "object";
  const render: Template["render"] = (scope, encode) => fill(parts, scope, encode);
  const value: Template["value"] = (scope) => {
    if (single) return only.fill(scope);
    const rendered = fill(parts, scope, "none");
    return rendered.ok
      ? { ok: true, value: rendered.text }
      : { ok: false, reason: "error", detail: rendered.detail };
  };
  return { source, single, literal: parts.every((part) => typeof part === "string"), render, value };
}

function partsOf(source: string, makeHole: (source: string, offset: number) => Hole): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (let open = source.indexOf("{{"); open >= 0; open = source.indexOf("{{", at)) {
    HOLE.lastIndex = open;
    const hole = HOLE.exec(source);
    if (!hole) {
      const place = { start: open, end: source.length };
      throw new ExpressionError("Template is not closed", { ...place, expected: "}}", found: "end of text" });
    }
    if (open > at) parts.push(source.slice(at, open));
    parts.push(makeHole(hole[1]!, open + 2));
    at = open + hole[0].length;
  }
  if (at < source.length || source === "") parts.push(source.slice(at));
  return parts;
}

function fill(parts: readonly Part[], scope: Scope, encode: "url" | "none"): Rendered {
  let text = "";
  for (const part of parts) {
    const piece = typeof part === "string" ? { ok: true as const, text: part } : insert(part, scope, encode);
    if (!piece.ok) return piece;
    text += piece.text;
  }
  return { ok: true, text };
}

function insert(hole: Hole, scope: Scope, encode: "url" | "none"): Rendered {
  const got = hole.fill(scope);
  if (!got.ok) return { ok: false, detail: got.detail };
  const kind = kindOf(got.value);
  if (kind === "list" || kind === "map") {
    return { ok: false, detail: `${hole.source} is a ${kind}, not text` };
  }
  const text = String(got.value);
  if (encode === "none") return { ok: true, text };
  // `DELETE /orders/{{ captures.order }}` must never become `DELETE /orders/`.
  if (text === "") return { ok: false, detail: `${hole.source} is empty` };
  // Encoding leaves dots alone, so these would climb out of the path that the template names.
  if (text === "." || text === "..") {
    return { ok: false, detail: `${hole.source} is '${text}', a step in a path` };
  }
  if (!text.isWellFormed()) return { ok: false, detail: `${hole.source} is not well-formed Unicode` };
  return { ok: true, text: encodeURIComponent(text) };
}
