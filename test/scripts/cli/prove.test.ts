import { describe, expect, test } from "vitest";
import { formatUnnoticed, unnoticed } from "../../../scripts/cli/prove.ts";
import { step } from "../../evidence/probe/steps.ts";

const run = { id: "r", slot: 0, prober: "local", region: "local", target: "shop", check: "read" };

/** What would go by unnoticed of this answer, with these expectations and captures. */
function found(body: unknown, expectations: string[], capture: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = { status: 200, headers: new Headers({ "content-type": "application/json" }), text };
  const proven = {
    step: step({ expect: expectations, capture }),
    answer,
    url: "https://shop.example/",
    captures: {},
    run,
  };
  return Object.fromEntries(unnoticed(proven));
}

const LOGIN = "was a login page";

describe("mutants of an answer", () => {
  test.each<[name: string, body: unknown, expectations: string[], unnoticed: Record<string, string[]>]>([
    ["status alone notices nothing", "ok", ["status == 200"], {
      "the answer": ["was empty", "was cut in the middle", LOGIN],
    }],
    ["a text that is compared", "PONG", ["text == 'PONG'"], {}],
    ["a text that is looked for", "storage is fine", ["text.contains('fine')"], {}],
    ["a text that begins so", "PONG and more", ["text.startsWith('PONG')"], {
      "the answer": ["was cut in the middle"],
    }],
    ["no body was read", "", ["status == 200"], { "the answer": [LOGIN] }],
    ["one field, compared", { state: "ok" }, ["body.state == 'ok'"], {}],
    ["one of two fields", { state: "ok", total: 3 }, ["body.state == 'ok'"], {
      "`total`": ["vanished", "was null", "was empty", "had another type"],
    }],
    ["a field that is only there", { state: "ok" }, ["has(body.state)"], {
      "`state`": ["was null", "was empty", "had another type"],
    }],
    ["a field of a type", { total: 3 }, ["type(body.total) == double"], { "`total`": ["was empty"] }],
    ["a number above nothing", { total: 3 }, ["body.total > 0.0"], {}],
    ["a number that may be nothing", { total: 3 }, ["body.total >= 0.0"], { "`total`": ["was empty"] }],
    ["a list that has something", { items: [{ id: 1 }] }, ["size(body.items) > 0"], {
      "`items`": ["had another type"],
      "`items[0]`": ["was null", "was empty", "had another type"],
      "`items[0].id`": ["vanished", "was null", "was empty", "had another type"],
    }],
    ["a list whose items are looked at", { items: [{ id: 1 }] }, [
      "body.items.all(i, i.id == 1.0) && size(body.items) == 1",
    ], {}],
    ["an inner field", { data: { product: { id: 7 } } }, ["body.data.product.id == 7.0"], {}],
    ["a null that is asked for", { error: null, ok: true }, ["body.error == null", "body.ok == true"], {}],
    ["no errors of GraphQL, and nothing else", { data: { a: 1 } }, ["!has(body.errors)"], {
      "the answer": ["was {}", "was wrapped in an error"],
      "`data`": ["vanished", "was null", "was empty", "had another type"],
      "`data.a`": ["vanished", "was null", "was empty", "had another type"],
    }],
    [
      "an alternative that would be an error",
      { data: { a: 1 } },
      ["body.data.a == 1.0 || has(body.error)"],
      {},
    ],
    ["a list of texts", ["a", "b"], ["body == ['a', 'b']"], {}],
    ["a boolean", { ready: true }, ["body.ready == true"], {}],
    ["a boolean that is not the other one", { down: false }, ["body.down != true"], {}],
  ])("%s", (_, body, expectations, expected) => {
    expect(found(body, expectations)).toEqual(expected);
  });

  test("a capture that fails is noticed, too", () => {
    expect(found({ id: "ord_1" }, ["status == 200"], { order: "body.id" })).toEqual({
      "`id`": ["was empty", "had another type"],
    });
  });
});

test("what would go by unnoticed is said in a line each", () => {
  const lines = formatUnnoticed(
    new Map([["`total`", ["vanished"]], ["`a.b`", ["vanished", "was null", "was empty"]]]),
  );
  expect(lines).toEqual([
    "you would not notice if `total` vanished",
    "you would not notice if `a.b` vanished, was null or was empty",
  ]);
});
