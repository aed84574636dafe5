/**
 * Fills `{{ expr }}` templates in texts, forms and JSON with values of an event. References to secrets stay
 * unresolved, and an event's text can never become one.
 */
import { isRecord } from "../../base/json.ts";
import { compileTemplate } from "../../config/expression/compile.ts";
import { ExpressionError } from "../../config/expression/error.ts";
import { type Language, parseJson, Scope, Unmet } from "../../config/expression/mod.ts";
import type { Finding, Path } from "../../config/problem.ts";
import type { WebhookEvent } from "./event.ts";
import { describeEvent, plainLines } from "./message.ts";

/** Variables of templates. `now` is always defined and is the time of the event. */
const LANGUAGE: Language = {
  variables: { id: "string", event: "map<string, dyn>", message: "map<string, dyn>" },
};

/** An event as CEL values. */
class EventScope extends Scope {
  readonly #texts: Record<string, unknown>;

  constructor(event: WebhookEvent, readonly id: string) {
    const noRun = { id: "", slot: 0, prober: "", region: "", target: "", check: "" };
    super({ captures: {}, run: noRun, now: Date.parse(event.timestamp) });
    const { facts, ...message } = describeEvent(event);
    const lines = plainLines({ ...message, facts }).join("\n");
    const parsed = parseJson(
      JSON.stringify(withoutReferences({ event, message: { page: "", acknowledge: "", ...message, lines } })),
    );
    this.#texts = "value" in parsed && isRecord(parsed.value) ? parsed.value : {};
  }
  get event() {
    return this.#texts.event;
  }
  get message() {
    return this.#texts.message;
  }
  override get run(): never {
    throw new Unmet("missing", "a notice has no run");
  }
}

/**
 * Breaks up secret references in event texts. Secrets are resolved after filling, and a target must not name
 * one.
 */
function withoutReferences(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\$\{(?=env:|file:)/g, "$ {");
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [withoutReferences(key), withoutReferences(inner)]),
  );
}

/** Encoding of inserted values: "url" percent-encodes them. */
type Encoding = "url" | "none";

/** A template cannot be filled in; the finding's `path` locates it. */
export class SinkTemplateError extends Error {
  override readonly name = "SinkTemplateError";
  constructor(readonly finding: Finding) {
    super(finding.message);
  }
}

/** Fills in every template in `value`. Throws `SinkTemplateError` at the first that fails. */
export function fillTemplates<Value>(
  value: Value,
  { event, id, path = [], encode = "none" }: {
    event: WebhookEvent;
    id: string;
    path?: Path;
    encode?: Encoding;
  },
): Value {
  return fillAll(value, { scope: new EventScope(event, id), path, encode }) as Value;
}

interface Filling {
  scope: EventScope;
  path: Path;
  encode: Encoding;
}

function fillAll(value: unknown, filling: Filling): unknown {
  if (typeof value === "string") return fillText(value, filling);
  const below = (step: string | number) => ({ ...filling, path: [...filling.path, step] });
  if (Array.isArray(value)) return value.map((item, i) => fillAll(item, below(i)));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(item, below(key))]));
}

function fillText(source: string, { scope, path, encode }: Filling): unknown {
  if (!source.includes("{{")) return source;
  const fail = (finding: Omit<Finding, "path">) => new SinkTemplateError({ path, found: source, ...finding });
  try {
    const template = compileTemplate(source, [], LANGUAGE);
    const filled = template.single && encode === "none"
      ? template.value(scope)
      : template.render(scope, encode);
    if (filled.ok) return "text" in filled ? filled.text : filled.value;
    throw fail({
      message: "a template has no value",
      expected: "a value for every event",
      found: filled.detail,
    });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, start: offset, expected, found, suggestion } = error;
    throw fail({ message, offset, expected, found, suggestion });
  }
}
