import { describe, expect, test } from "vitest";
import { edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const withCaptures = (captures: string, cleanup = "") =>
  edit(
    '- expect: ["status == 200", "body.ok == true"]\n',
    `- { expect: ["status == 200", "body.ok == true"], capture: { ${captures} } }\n${cleanup}`,
  );
const MANY = Array.from(
  { length: 6 },
  (_, i) => `v${i}: { value: body.v${i}, ${i === 5 ? "▸" : ""}converge: 1m }`,
)
  .join(", ");

describe("captures that must agree", () => {
  test("and how long a change may take; a use in a later step is not asked for", async () => {
    const text = withCaptures("revision: { value: body.revision, converge: 60s }, id: body.id");
    const { checks: [check] } = await loadText(text);
    expect(check!.converge).toEqual({ revision: 60_000 });
    const warnings = await problemsOf(text);
    expect(warnings.map(({ path }) => path)).toEqual(["targets[0].checks[0].journey[0].capture.id"]);
  });

  test("without any, the check has none", async () => {
    expect((await loadText(withCaptures("id: body.id"))).checks[0]).not.toHaveProperty("converge");
  });

  test("one is the version that answers, whether it has to agree or not", async () => {
    const { checks: [check] } = await loadText(withCaptures("build: { value: body.build, version: true }"));
    expect(check).toMatchObject({ version: "build" });
    expect(check).not.toHaveProperty("converge");
  });

  test("change how a check is walked, and their time does not", async () => {
    const digest = async (field: string) =>
      (await loadText(withCaptures(`revision: { value: body.revision${field} }`))).checks[0]!.digest;
    const [none, minute, hour] = await Promise.all(["", ", converge: 1m", ", converge: 1h"].map(digest));
    expect(minute).not.toBe(none);
    expect(hour).toBe(minute);
  });

  test.each<[name: string, text: string, message: string]>([
    [
      "of a secret",
      withCaptures("revision: { value: body.revision, secret: true, ▸converge: 1m }"),
      "its value is shown, but this capture is secret",
    ],
    [
      "of one whose name says so",
      withCaptures("apiKey: { value: body.key, ▸converge: 1m }"),
      "its value is shown, but this capture is secret",
    ],
    [
      "in a cleanup",
      withCaptures(
        "id: body.id",
        "        cleanup: [{ capture: { left: { value: body.left, ▸converge: 1m } } }]\n",
      ),
      "a cleanup is not part of the proof",
    ],
    [
      "named as no key can be",
      withCaptures("constructor: { value: body.v, ▸converge: 1m }"),
      "a name reserved in JavaScript",
    ],
    [
      "a second version",
      withCaptures("a: { value: body.a, version: true }, b: { value: body.b, ▸version: true }"),
      "too many with version",
    ],
    ["a sixth one", withCaptures(MANY), "too many with converge"],
    [
      "within no time",
      withCaptures("revision: { value: body.revision, converge: ▸10ms }"),
      "not a duration from 1s to 1d",
    ],
  ])("an error at its place: %s", async (_, marked, message) => {
    const { text, line, column } = takeMark(marked);
    expect(await problemsOf(text)).toContainEqual(
      expect.objectContaining({ severity: "error", message, line, column }),
    );
  });
});

describe("the order of checks", () => {
  const check = (id: string, after?: string) =>
    `      - { id: ${id}, ${
      after ? `after: ${after}, ` : ""
    }journey: [{ expect: "status == 200 && body.ok" }] }\n`;
  const targets = (...checks: string[]) =>
    `version: 1\ntargets:\n  - id: shop\n    url: https://shop.example\n    checks:\n${checks.join("")}`;

  test("is kept as the other's key, wherever that stands", async () => {
    const { checks } = await loadText(targets(check("write", "read"), check("read")));
    expect(checks.map(({ after }) => after)).toEqual(["shop/read", undefined]);
  });

  test.each<[name: string, text: string, problem: Record<string, unknown>]>([
    ["an unknown one", targets(check("write", "▸reed"), check("read")), {
      message: "no check of this target",
      expected: "one of read",
      found: "reed",
      suggestion: "read",
    }],
    ["none beside it", targets(check("write", "▸read")), {
      message: "no check of this target",
      expected: "no after: there is no other check",
    }],
    ["itself", targets(check("read"), check("write", "▸write")), {
      message: "it would wait for itself, and never be judged",
    }],
    ["in a circle", targets(check("a", "▸c"), check("b", "a"), check("c", "b")), {
      message: "it would wait for itself, and never be judged",
      expected: "one of b, c",
    }],
  ])("an error at its place: %s", async (_, marked, problem) => {
    const { text, line, column } = takeMark(marked);
    expect(await problemsOf(text)).toContainEqual(
      expect.objectContaining({ severity: "error", ...problem, line, column }),
    );
  });

  test("behind a circle stands no error of its own", async () => {
    const problems = await problemsOf(targets(check("a", "b"), check("b", "a"), check("c", "a")));
    expect(problems.filter(({ severity }) => severity === "error").map(({ path }) => path)).toEqual([
      "targets[0].checks[0].after",
      "targets[0].checks[1].after",
    ]);
  });
});
