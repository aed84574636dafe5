import { describe, expect, test } from "vitest";
import { DIALECTS, read, type ReadReport } from "../../../src/evidence/report/mod.ts";
import { type Fixture, fixtures, labels } from "./fixtures.ts";

/** Labels of answers that claim nothing, or claim the opposite of ready: none may be read as ready. */
const NEVER_READY = new Set(["not_ready", "starting", "draining", "none"]);

/** Labels that one answer cannot tell from `not_ready` where its word means "starting or draining". */
const NEEDS_HISTORY = new Set(["starting", "draining"]);

const LABELS = labels();

/** Answers of real products, and the state that was written down when each was taken. */
const captures = fixtures().filter(({ source }) => source.startsWith("capture: ")).map((fixture) => ({
  ...fixture,
  label: LABELS.get(fixture.name.slice(fixture.dialect.length + 1)),
}));

function heard({ answer, declared = "auto" }: Fixture): ReadReport {
  return read(answer, { dialect: declared }, DIALECTS);
}

function isAsLabelled(label: string, { state, phase }: ReadReport): boolean {
  if (label === "unknown") return state === "unknown" || state === "unreadable";
  if (NEEDS_HISTORY.has(label) && state === "not_ready") return phase === "unclear";
  return state === label;
}

test("every capture has a label", () => {
  expect(captures.filter(({ label }) => !label).map(({ name }) => name)).toEqual([]);
});

test("of the captures that claim a state, at least 97 % are read as labelled", () => {
  const labelled = captures.filter(({ label }) => label !== "none");
  const wrong = labelled.map((capture) => ({ ...capture, heard: heard(capture) }))
    .filter(({ label = "", heard }) => !isAsLabelled(label, heard))
    .map(({ name, label, heard }) => `${name}: ${label}, read ${heard.state} (${heard.dialect})`);
  const allowed = Math.floor(0.03 * labelled.length);
  expect(wrong.length, `${labelled.length} captures, at most ${allowed} wrong:\n${wrong.join("\n")}`)
    .toBeLessThanOrEqual(allowed);
});

test.each(captures.filter(({ label = "" }) => NEVER_READY.has(label)))(
  "$name, labelled $label, is not ready",
  (capture) => {
    expect(heard(capture).state).not.toBe("ready");
  },
);

describe("recognition", () => {
  test.each(fixtures().filter(({ declared }) => !declared))("$name is recognised", (fixture) => {
    expect(heard(fixture).dialect).toBe(fixture.dialect);
  });

  test.each(fixtures().filter(({ sibling }) => sibling))(
    "$name has the shape of $sibling, which wins",
    ({ answer, sibling }) => {
      const { dialect, state } = read(answer, { dialect: "auto" }, DIALECTS);
      expect(state === "unreadable" ? "http" : dialect).toBe(sibling);
    },
  );

  test.each(fixtures().filter(({ declared }) => !declared))("$name is known to one dialect", ({ answer }) => {
    const knowing = DIALECTS.filter((dialect) => dialect.name !== "http" && isKnown(dialect.name));
    expect(knowing.length).toBeLessThanOrEqual(1);

    function isKnown(name: string): boolean {
      const only = DIALECTS.filter((dialect) => dialect.name === name);
      return read(answer, { dialect: "auto" }, only).dialect === name;
    }
  });
});
