/** Finds what a journey would not detect, by testing its expectations on mutated responses. */
import type { Step } from "../../src/config/config.ts";
import { parseJson, type Run } from "../../src/config/expression/mod.ts";
import { HttpScope } from "../../src/evidence/probe/steps/http/answer.ts";
import type { StepExchange } from "../../src/evidence/probe/step_kind.ts";

/** A step with its response and the values that its expectations can read. */
export interface ProvenStep {
  step: Step;
  answer: NonNullable<StepExchange["answer"]>;
  url: string;
  captures: Record<string, unknown>;
  run: Run;
}

/** A response with one defect. */
interface Mutant {
  /** What was changed: a field such as `items[0].total`, or the whole response. */
  place: string;
  /** The change: "vanished", "was null". */
  change: string;
  text: string;
  type?: string;
}

/** How many fields of a body are tried. */
const FIELDS = 100;
const LOGIN = "<!doctype html><html><head><title>Log in</title></head><body><form></form></body></html>";

/** The changes that the step's expectations and captures accept, by place. */
export function unnoticed(proven: ProvenStep): Map<string, string[]> {
  const passed = mutantsOf(proven.answer.text).filter((mutant) => passes(proven, mutant));
  return new Map(
    [...Map.groupBy(passed, ({ place }) => place)].map((
      [place, all],
    ) => [place, all.map(({ change }) => change)]),
  );
}

/** "you would not notice if `total` vanished or was null", one line per place. */
export function formatUnnoticed(found: Map<string, string[]>): string[] {
  return [...found].map(([place, changes]) => {
    const [last, ...others] = changes.toReversed();
    const list = others.length > 0 ? `${others.toReversed().join(", ")} or ${last}` : last;
    return `you would not notice if ${place} ${list}`;
  });
}

function passes({ step, answer, url, captures, run }: ProvenStep, { text, type }: Mutant): boolean {
  const headers = new Headers([...answer.headers].filter(([name]) => name !== "set-cookie"));
  if (type) headers.set("content-type", type);
  const mutated = { status: answer.status ?? 0, headers, text, durationMs: 1, url, redirects: 0 };
  const scope = new HttpScope(mutated, { captures, run, now: Date.now() });
  return step.expect.every((expectation) => expectation.test(scope) === null) &&
    step.capture.every(([, program]) => program.run(scope).ok);
}

function mutantsOf(text: string): Mutant[] {
  const whole = (change: string, text: string, type?: string): Mutant => ({
    place: "the answer",
    change,
    text,
    type,
  });
  const parsed = text.trim() === "" ? undefined : parseJson(text);
  const body = parsed && "value" in parsed ? JSON.parse(text) : undefined;
  const isTree = typeof body === "object" && body !== null;
  return [
    ...text === "" ? [] : [whole("was empty", "")],
    ...text.length > 1 ? [whole("was cut in the middle", text.slice(0, Math.ceil(text.length / 2)))] : [],
    whole("was a login page", LOGIN, "text/html"),
    ...isTree
      ? [
        whole("was {}", "{}"),
        whole("was wrapped in an error", JSON.stringify({ error: "internal error", data: body })),
        ...fieldsOf(body).slice(0, FIELDS).flatMap((path) => fieldMutants(body, path)),
      ]
      : [],
  ];
}

type Path = (string | number)[];

/** The paths of a JSON value's fields, breadth first. A list contributes its first item only. */
function fieldsOf(body: object): Path[] {
  const found: Path[] = [];
  let level: [Path, object][] = [[[], body]];
  while (level.length > 0 && found.length < FIELDS) {
    const next: typeof level = [];
    for (const [path, value] of level) {
      const keys = Array.isArray(value) ? (value.length > 0 ? [0] : []) : Object.keys(value);
      for (const key of keys) {
        const inner = (value as Record<string | number, unknown>)[key];
        found.push([...path, key]);
        if (typeof inner === "object" && inner !== null) next.push([[...path, key], inner]);
      }
    }
    level = next;
  }
  return found;
}

function fieldMutants(body: object, path: Path): Mutant[] {
  const place = `\`${
    path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`).join("")
  }\``;
  const before = path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], body);
  const mutant = (
    change: string,
    edit: (parent: Record<string | number, unknown>, key: string | number) => void,
  ) => {
    const copy = structuredClone(body);
    const parent = path.slice(0, -1).reduce<unknown>(
      (value, key) => (value as Record<string | number, unknown>)[key],
      copy,
    );
    edit(parent as Record<string | number, unknown>, path.at(-1)!);
    return { place, change, text: JSON.stringify(copy) };
  };
  const empty = Array.isArray(before)
    ? []
    : typeof before === "string"
    ? ""
    : typeof before === "object"
    ? {}
    : 0;
  const retyped = typeof before === "string" ? 0 : typeof before === "number" ? String(before) : "x";
  return [
    mutant(
      "vanished",
      (parent, key) => Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key],
    ),
    ...before === null ? [] : [mutant("was null", (parent, key) => parent[key] = null)],
    ...JSON.stringify(before) === JSON.stringify(empty) || before === null
      ? []
      : [mutant("was empty", (parent, key) => parent[key] = empty)],
    mutant("had another type", (parent, key) => parent[key] = retyped),
  ];
}
