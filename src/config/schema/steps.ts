import * as z from "../../base/zod.ts";
import { isRecord } from "../../base/json.ts";
import type { ConfigAuthKind, ConfigStepKind, Kinds } from "../kinds.ts";
import * as fields from "./fields.ts";
import { duration, list, map, text, words } from "./fields.ts";

const expectation = z.string().check(z.minLength(1));

const until = map({
  every: duration("50ms", "30s").check(z.describe("Pause between two polls.")),
  within: duration("50ms", "30s").check(z.describe("How long to poll at most.")),
});

const capture = z.record(
  text(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, "a capture name: letters, digits and underscores, no digit first"),
  z.union([
    expectation,
    map({
      value: expectation.check(z.describe("A CEL expression over the response.")),
      secret: z.optional(z.boolean()).check(z.describe(
        "Whether to redact it from evidence. Default: true if it comes from set-cookie or authorization, or its name contains token, password, secret, session or key.",
      )),
      version: z.optional(z.literal(true)).check(
        z.describe("This is the version that responded, for gates with a version."),
      ),
      converge: z.optional(duration("1s", "1d")).check(z.describe(
        "Its value must agree across regions this long after it first changes; else a divergence incident opens.",
      )),
    }),
  ]),
);

const name = z.optional(words()).check(z.describe("Display name. Default: step N."));

const repeat = map({
  times: z.optional(z.int().check(z.gte(2), z.lte(50))).check(z.describe("Maximum number of runs.")),
  while: z.optional(expectation).check(
    z.describe("CEL over the response and captures: whether to run it again. Default: always."),
  ),
  most: z.optional(z.int().check(z.gte(2), z.lte(50))).check(
    z.describe("Instead of times: the step fails if while still holds after this many."),
  ),
}).check(
  z.refine(
    ({ times, most, while: on }) => (times === undefined) !== (most === undefined) && (!most || !!on),
    {
      error: "times, or while with most",
    },
  ),
);

const optional = {
  onlyIf: z.optional(expectation).check(
    z.describe("CEL over captures, run and now; skips the step if it does not hold."),
  ),
  repeat: z.optional(repeat).check(z.describe("Repeats the step, for example over pages.")),
  capture: z.optional(capture).check(z.describe("CEL expressions over the response, for later steps.")),
  emptyOk: z.optional(z.boolean()).check(
    z.describe("An empty response is valid here: no warning that the expectations would pass it."),
  ),
  until: z.optional(until).check(z.describe("Repeat the request until the expectations hold.")),
  timeout: z.optional(duration("50ms", "45s")).check(
    z.describe("Deadline of this step. Default: the check's timeout."),
  ),
};

/** Auth of one kind, under the kind's name. */
export const ownAuth = (kinds: readonly ConfigAuthKind[]) =>
  map(Object.fromEntries(kinds.map(({ kind, schema }) => [kind, z.optional(schema(fields))]))).check(
    z.refine((kinds) => Object.keys(kinds).length === 1, {
      error: `one kind of auth: ${kinds.map(({ kind }) => kind).join(", ")}`,
    }),
  );

/** Auth, or "none" to disable the target's. */
export const auth = (kinds: readonly ConfigAuthKind[]) => z.union([z.literal("none"), ownAuth(kinds)]);

/** CEL conditions over the answer of a step kind. */
const expect = ({ scope }: ConfigStepKind) =>
  z.union([expectation, list(expectation, 50)]).check(
    z.describe(`CEL conditions over ${Object.keys(scope).join(", ")} and captures.`),
  );

/** The tables of step and auth kinds. */
type StepTables = Pick<Kinds, "steps" | "auths">;

/** A step of any kind; the kind is the one whose name is among its keys. */
function step({ steps: kinds, auths = [] }: StepTables, mayExpectNothing: boolean) {
  const stepAuth = z.optional(auth(auths)).check(
    z.describe("Authentication of its requests. Default: the check's."),
  );
  const all: z.ZodMiniType[] = kinds.map((kind) => {
    const own = kind.schema!(fields).shape;
    const expected = mayExpectNothing ? z.optional(expect(kind)) : expect(kind);
    return map({ name, ...own, ...optional, expect: expected, ...kind.isHttp && { auth: stepAuth } });
  });
  const chosen = (written: unknown) => {
    const at = isRecord(written) ? kinds.findIndex(({ kind }) => kind in written) : -1;
    return at < 0 ? kinds.findIndex(({ isDefault }) => isDefault) : at;
  };
  const any = all.length === 1 ? all[0]! : z.choice(all, chosen);
  return any as z.ZodMiniType<
    z.infer<z.ZodMiniObject<{ name: typeof name; expect: Expect; auth: typeof stepAuth } & typeof optional>>
  >;
}

type Expect = z.ZodMiniOptional<ReturnType<typeof expect>>;

/** The steps of a journey. */
export const journey = (kinds: StepTables, written = false) => list(withUse(step(kinds, false), written), 50);

/** The steps of a cleanup: expectations may be left out. */
export const cleanup = (kinds: StepTables, written = false) => list(withUse(step(kinds, true), written), 50);

/** A step, or with `written` also a `use` of named steps, which composition replaces. */
const withUse = <Step extends z.ZodMiniType>(step: Step, written: boolean): Step =>
  written
    ? z.choice([step, use], (value) => isRecord(value) && "use" in value ? 1 : 0) as unknown as Step
    : step;

const use = map({
  use: words().check(z.describe("The name of a list in the top-level steps.")),
  with: z.optional(z.record(z.string(), z.unknown())).check(z.describe("Values for ${param:name} in them.")),
  enabled: z.optional(z.boolean()).check(z.describe("false has the effect of removing it.")),
});
