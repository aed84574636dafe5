import fc from "fast-check";
import { expect, test } from "vitest";
import { causeOf, mayHaveCause } from "../../src/judgement/cause.ts";
import type { CheckState } from "../../src/judgement/state.ts";

const outage = (id: string) => ({ incidents: [{ id, state: "open", family: "service" }], probers: {} });
const calm = { incidents: [], probers: {} };
const failing = { incidents: [], probers: { fra: { witness: { word: "down" } } } };

/** `edges`: "shop>api"; `states` by target. */
const world = (edges: string[], states: Record<string, unknown>) => ({
  of: (target: string) =>
    edges.map((edge) => edge.split(">")).filter(([from]) => from === target).map(([, to]) => to!),
  statesOf: (target: string) => [(states[target] ?? calm) as CheckState],
});

test.each<[string, string[], Record<string, unknown>, string | undefined]>([
  ["nothing that it depends on", [], { db: outage("i") }, undefined],
  ["what it depends on", ["shop>db"], { db: outage("i") }, "db"],
  ["well", ["shop>db"], {}, undefined],
  ["the root of a chain", ["shop>api", "api>db"], { api: outage("i"), db: outage("j") }, "db"],
  ["below what is well", ["shop>api", "api>db"], { db: outage("j") }, "db"],
  ["the second of two", ["shop>api", "shop>db"], { db: outage("j") }, "db"],
  ["a circle", ["shop>api", "api>shop"], { shop: outage("i"), api: outage("j") }, "api"],
  ["an outage that is over", ["shop>db"], {
    db: { incidents: [{ id: "i", state: "resolved", family: "service" }], probers: {} },
  }, undefined],
  ["a quality of it", ["shop>db"], {
    db: { incidents: [{ id: "i", state: "open", family: "quality" }], probers: {} },
  }, undefined],
])("the cause: %s", (_name, edges, states, expected) => {
  expect(causeOf("shop", world(edges, states))?.target).toBe(expected);
});

test("it may have one while something below it fails", () => {
  expect(mayHaveCause("shop", world(["shop>api", "api>db"], { db: failing }))).toBe(true);
  expect(mayHaveCause("shop", world(["shop>api", "api>db"], { till: failing, shop: failing }))).toBe(false);
});

test("whatever depends on what, a cause is another target with an open outage, that can be reached", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "e");
  const edges = fc.array(fc.tuple(id, id).map((pair) => pair.join(">")), { maxLength: 10 });
  fc.assert(fc.property(edges, fc.uniqueArray(id), (edges, down) => {
    const states = Object.fromEntries(down.map((id) => [id, outage(id)]));
    const reached = new Set(["a"]);
    for (let size = 0; size < reached.size;) {
      size = reached.size;
      for (const edge of edges) if (reached.has(edge[0]!)) reached.add(edge[2]!);
    }
    reached.delete("a");
    const cause = causeOf("a", world(edges, states));
    const possible = down.filter((id) => reached.has(id));
    expect(cause === undefined).toBe(possible.length === 0);
    if (cause) expect(possible).toContain(cause.target);
  }));
});
