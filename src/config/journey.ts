import { readAuth } from "./auth.ts";
import { type AnswerCompiler, NO_ANSWER } from "./compiler.ts";
import type { Step, StepAuth } from "./config.ts";
import type { CheckContext, CheckDraft, StepDraft } from "./draft.ts";
import type { ConfigAuthKind, ConfigStepKind, RequestCount } from "./kinds.ts";
import { RUNTIMES } from "./runtime.ts";
import { formatDuration, parseDuration } from "./schema/duration.ts";
import type { Note, Path } from "./problem.ts";
import type { StepContext } from "./step_context.ts";

/** Reads the steps of a check. Cleanup steps may use all captures of the journey. */
export function readJourney(check: CheckDraft, context: CheckContext): { journey: Step[]; cleanup: Step[] } {
  const captures: string[] = [];
  const read = (steps: (StepDraft | undefined)[] | undefined, part: string) =>
    (steps ?? []).flatMap((step, i): Step[] => {
      const kind = step && kindOf(step, context.steps);
      if (!kind) return [];
      const path = [...context.path, part, i];
      const made = readStep(step, i, kind, { ...context, path, captures: [...captures] });
      for (const name of Object.keys(step.capture ?? {})) {
        // A repeated step may overwrite an earlier capture, to pass values on to its next run.
        if (step.repeat && captures.includes(name)) continue;
        addCapture(captures, name, [...path, "capture", name], context.note);
      }
      if (part === "journey" && !step.emptyOk) warnVacuous(step, made, kind, { ...context, path });
      return [made];
    });
  const journey = read(check.journey, "journey");
  const cleanup = read(check.cleanup, "cleanup");
  return { journey, cleanup };
}

/** The kind of a step; undefined if the grammar has reported the step. */
const kindOf = (step: StepDraft, kinds: readonly ConfigStepKind[]): ConfigStepKind | undefined =>
  kinds.find(({ kind }) => kind in step) ?? kinds.find(({ isDefault }) => isDefault);

function addCapture(captures: string[], name: string, path: Path, note: Note): void {
  if (captures.includes(name)) {
    note({
      path,
      at: "key",
      message: "an earlier step captures this name",
      expected: "another name",
      found: name,
    });
  } else captures.push(name);
}

function readStep(
  step: StepDraft,
  index: number,
  kind: ConfigStepKind,
  context: StepContext & CheckContext,
): Step {
  const { path, timeoutMs, captures, note } = context;
  const compiler = context.compiler.over(kind);
  const sources = typeof step.expect === "string" ? [step.expect] : step.expect ?? [];
  const at = (i: number) => typeof step.expect === "string" ? [...path, "expect"] : [...path, "expect", i];
  const limitMs = step.timeout === undefined ? timeoutMs : parseDuration(step.timeout);
  if (limitMs > timeoutMs) {
    const expected = `at most ${formatDuration(timeoutMs)}, the check's timeout`;
    note({ path: [...path, "timeout"], message: "longer than its check", expected, found: step.timeout });
  }
  const fields = kind.read(step, context);
  noteLacking(kind, fields, context);
  const captured = capturesOf(step);
  const auth = kind.isHttp ? authOf(step, context) : undefined;
  const repeat = readRepeat(step, context, compiler);
  const [onlyIf] = step.onlyIf === undefined
    ? []
    : context.compiler.over(NO_ANSWER).expectation(step.onlyIf, captures, [...path, "onlyIf"]);
  return {
    ...fields,
    kind: kind.kind,
    name: step.name ?? `step ${index + 1}`,
    summary: kind.summarize(fields),
    requests: requestsOf(
      kind.requests(fields),
      repeat,
      context.auths.find(({ kind }) => kind === auth?.kind),
    ),
    expect: sources.flatMap((source, i) =>
      source === undefined ? [] : compiler.expectation(source, captures, at(i))
    ),
    capture: captured.flatMap(({ name, source, at }) =>
      compiler.program(source, captures, [...path, "capture", name, ...at])
        .map((program): Step["capture"][number] => [name, program])
    ),
    secretCaptures: captured.filter(({ isSecret }) => isSecret).map(({ name }) => name),
    ...readUntil(step.until, context),
    ...onlyIf && { onlyIf },
    ...repeat && { repeat },
    ...auth && { auth },
    timeoutMs: limitMs,
  };
}

/** Reports a step that the runtime cannot run. Without a known runtime all steps are allowed. */
function noteLacking(
  kind: ConfigStepKind,
  fields: object,
  { path, runtime, note }: StepContext & CheckContext,
) {
  const lacking = runtime && kind.lacking?.(fields, runtime);
  if (!lacking) return;
  note({
    path: kind.isDefault ? path : [...path, kind.kind],
    at: "key",
    message: `${RUNTIMES[runtime]} cannot take this step: ${lacking}`,
    expected: "probers that can, or another step",
    found: kind.kind,
  });
}

function authOf({ auth }: StepDraft, context: StepContext & CheckContext): StepAuth | undefined {
  if (auth === undefined) return context.auth;
  const own = readAuth(auth, context.auths, { ...context, path: [...context.path, "auth"] });
  return own && { ...own, isInherited: false };
}

function readRepeat(
  { repeat, capture = {} }: StepDraft,
  { captures, path }: StepContext,
  compiler: AnswerCompiler,
): Step["repeat"] {
  const times = repeat?.times ?? repeat?.most;
  if (!repeat || times === undefined) return undefined;
  const known = [...captures, ...Object.keys(capture)];
  const [condition] = repeat.while === undefined
    ? []
    : compiler.expectation(repeat.while, known, [...path, "repeat", "while"]);
  return { times, ...condition && { while: condition }, mustEnd: repeat.times === undefined };
}

const requestsOf = (
  { usual, most }: RequestCount,
  repeat: Step["repeat"],
  auth?: ConfigAuthKind,
): RequestCount => ({
  usual: (usual + (auth?.requests?.usual ?? 0)) * (repeat?.times ?? 1),
  most: (most + (auth?.requests?.most ?? 0)) * (repeat?.times ?? 1),
});

/** Sources and names of captures that are secret by default. */
const SECRET_SOURCE = /set-cookie|authorization/i;
const SECRET_NAME = /token|passw|secret|session|credential|key/i;

/** The captures of a step as written, in either form. */
export function capturesOf({ capture = {} }: StepDraft) {
  return Object.entries(capture).flatMap(([name, written]) => {
    const { value: source, secret, converge, version } = typeof written === "object"
      ? written
      : { value: written, secret: undefined, converge: undefined, version: undefined };
    const at = typeof written === "object" ? ["value"] : [];
    if (source === undefined) return [];
    const isSecret = secret ?? (SECRET_SOURCE.test(source) || SECRET_NAME.test(name));
    return [{ name, source, at, isSecret, converge, version }];
  });
}

function readUntil(until: StepDraft["until"], { path, timeoutMs, note }: StepContext): Pick<Step, "until"> {
  if (!until?.every || !until.within) return {};
  const everyMs = parseDuration(until.every);
  const withinMs = parseDuration(until.within);
  if (withinMs > timeoutMs) {
    const expected = `at most ${formatDuration(timeoutMs)}, the check's timeout`;
    note({
      path: [...path, "until", "within"],
      message: "longer than its check",
      expected,
      found: until.within,
    });
  }
  if (everyMs > withinMs) {
    const expected = `at most ${until.within}, as within`;
    note({
      path: [...path, "until", "every"],
      message: "it would never poll again",
      expected,
      found: until.every,
    });
  }
  return { until: { everyMs, withinMs } };
}

function warnVacuous(
  draft: StepDraft,
  step: Step,
  kind: ConfigStepKind,
  { path, compiler, note }: CheckContext,
): void {
  // Skip if an expectation does not compile: it may be the strict one.
  if (typeof draft.expect !== "string" && draft.expect?.length !== step.expect.length) return;
  const answers = step.expect.length > 0 ? compiler.over(kind).vacuousPasses(step.expect) : [];
  if (answers.length === 0) return;
  note({
    severity: "warning",
    path: [...path, "expect"],
    message: `these expectations would also pass ${answers.join(", ")}`,
    expected: "a condition on the body that only a good answer meets",
  });
}
