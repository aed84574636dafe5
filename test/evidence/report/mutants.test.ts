import { expect, test } from "vitest";
import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { fixtures } from "./fixtures.ts";

/** What may stand where a dialect looks for something else; an own `toString` makes `String()` and templates throw. */
const STRANGERS: readonly unknown[] = [null, 0, "x", [], { toString: null }];
const MAX_MUTANTS = 200;

/** Copies of `value` in which one node is a stranger: any value of a map, the first of a list, at any depth. */
function* mutants(value: unknown): Generator<unknown> {
  yield* STRANGERS;
  if (Array.isArray(value) && value.length > 0) {
    for (const mutant of mutants(value[0])) yield value.with(0, mutant);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      for (const mutant of mutants(child)) yield { ...value, [key]: mutant };
    }
  }
}

const documents = fixtures().filter(({ answer }) => /^\s*[{[]/.test(answer.text)).flatMap((fixture) => {
  try {
    const json: unknown = JSON.parse(fixture.answer.text);
    return [{ ...fixture, json }];
  } catch {
    return [];
  }
});

test.each(documents)(
  "no change of one value in $name makes its reader throw",
  ({ answer, dialect, json }) => {
    for (const mutant of mutants(json).take(MAX_MUTANTS)) {
      const text = JSON.stringify(mutant);
      const said = () =>
        [dialect, "auto"].map((name) => read({ ...answer, text }, { dialect: name }, DIALECTS).state);
      expect(said, text).not.toThrow();
    }
  },
);
