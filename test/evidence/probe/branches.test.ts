import { describe, expect, test } from "vitest";
import { furtherRequestsOf, requestsOf } from "../../../src/config/requests.ts";
import { edit, problemsOf } from "../../config/load_text.ts";
import type { Route } from "../../world/network.ts";
import { checkOf, prober, type Walked } from "./walk_text.ts";

async function seen(walked: Walked, routes: Record<string, Route>) {
  const { walk, requests } = await prober(walked, routes);
  const { outcome, failure, steps, traceId } = await walk();
  return { outcome, failure, steps, traceId, requests };
}

const paths = (requests: { url: string }[]) =>
  requests.map(({ url }) => url.replace("https://shop.example", ""));

describe("onlyIf", () => {
  const steps =
    `          - { request: { path: /a }, expect: status == 200, capture: { role: body.role, none: "size(text)" } }
          - { request: { path: /admin }, onlyIf: captures.role == 'admin', expect: status == 200, capture: { key: body.key } }
          - { request: { path: "/b/{{ captures.none }}" }, onlyIf: "!has(captures.key)", expect: status == 200 }
`;

  test("leaves out a step where it does not hold, and what it captures", async () => {
    const { requests, outcome, steps: traces } = await seen({ steps }, {
      "GET /a": { json: { role: "user" } },
      "GET /b/15": { json: {} },
    });
    expect([outcome, paths(requests)]).toEqual(["pass", ["/a", "/b/15"]]);
    expect(traces.map(({ skipped, requests }) => [skipped, requests])).toEqual([
      [undefined, 1],
      [true, 0],
      [undefined, 1],
    ]);
  });

  test("takes it where it holds", async () => {
    const { requests, outcome } = await seen({ steps }, {
      "GET /a": { json: { role: "admin" } },
      "GET /admin": { json: { key: "k" } },
    });
    expect([outcome, paths(requests)]).toEqual(["pass", ["/a", "/admin"]]);
  });

  test("that has no value fails: the target owed it", async () => {
    const { outcome, failure } = await seen({ steps }, { "GET /a": { json: { role: 3 } } });
    expect([outcome, failure?.reason, failure?.step]).toEqual(["fail", "template", "step 2"]);
  });

  test("sees no answer, for there is none yet", async () => {
    const STEP = '- expect: ["status == 200", "body.ok == true"]';
    const problems = await problemsOf(edit(STEP, "- { onlyIf: status == 200, expect: body.ok == true }"));
    expect(problems).toMatchObject([{ path: "targets[0].checks[0].journey[0].onlyIf", found: "status" }]);
  });
});

describe("repeat", () => {
  const follow = (repeat: string) =>
    `          - { request: { path: "/items?page=1" }, expect: status == 200, capture: { next: body.next } }
          - request: { url: "{{ captures.next }}" }
            repeat: ${repeat}
            expect: "size(body.items) > 0"
            capture: { next: "has(body.next) ? body.next : ''" }
`;
  const page = (n: number, last: number): Route => ({
    json: { items: [n], ...n < last && { next: `/items?page=${n + 1}` } },
  });
  const pages = (last: number) =>
    Object.fromEntries(
      Array.from({ length: last }, (_, i) => [`GET /items?page=${i + 1}`, page(i + 1, last)]),
    );

  test("goes on while the answer says so, and hands captures to itself", async () => {
    const { outcome, requests } = await seen(
      { steps: follow("{ while: has(body.next), most: 9 }") },
      pages(4),
    );
    expect([outcome, requests.length]).toEqual(["pass", 4]);
  });

  test("fails if it would go on after the most", async () => {
    const { outcome, failure, requests } = await seen(
      { steps: follow("{ while: has(body.next), most: 2 }") },
      pages(9),
    );
    expect([outcome, failure?.expression, requests.length]).toEqual(["fail", "has(body.next)", 3]);
  });

  test("with times is taken so often, or fewer times where while ends", async () => {
    expect((await seen({ steps: follow("{ times: 3, while: has(body.next) }") }, pages(9))).requests.length)
      .toBe(4);
    expect((await seen({ steps: follow("{ times: 3, while: has(body.next) }") }, pages(2))).requests.length)
      .toBe(2);
  });

  test("ends at the first time that does not hold", async () => {
    const steps = "          - { request: { path: /x }, repeat: { times: 5 }, expect: status == 200 }\n";
    const { failure, requests } = await seen({ steps }, { "GET /x": [{}, { status: 503 }] as Route });
    expect([failure?.detail, requests.length]).toEqual(["status is 503", 2]);
  });

  test("sends another idempotency key each time, and the same ones in a walk that is repeated", async () => {
    const steps =
      "          - { request: { path: /x, json: {} }, repeat: { times: 3 }, expect: status == 200 }\n";
    const { walk, requests } = await prober({ steps }, { "POST /x": {} });
    await walk();
    await walk();
    const keys = requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 3)).size).toBe(3);
    expect(keys.slice(3)).toEqual(keys.slice(0, 3));
  });

  test("is counted at its most", async () => {
    const check = await checkOf({
      steps: "          - { redirects: 1, repeat: { times: 7 }, expect: body.ok == true }\n",
    });
    expect([requestsOf(check), furtherRequestsOf(check)]).toEqual([2 + 7, 7]);
  });

  test.each([
    "{ times: 1 }",
    "{ times: 51 }",
    "{ most: 3 }",
    "{ while: body.ok }",
    "{ times: 2, most: 3, while: body.ok }",
  ])(
    "%s is an error",
    async (repeat) => {
      const STEP = '- expect: ["status == 200", "body.ok == true"]';
      const problems = await problemsOf(edit(STEP, `- { repeat: ${repeat}, expect: body.ok == true }`));
      expect(problems[0]?.path).toMatch(/journey\[0\]\.repeat/);
    },
  );
});

describe("trace", () => {
  const steps = "          - { request: { path: /a }, repeat: { times: 2 }, expect: status == 200 }\n";
  const W3C = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;
  const trace = async (walked: Partial<Walked>) => {
    const { requests, traceId } = await seen({ steps, ...walked }, { "GET /a": {} });
    return { traceId, parents: requests.map(({ headers }) => headers.traceparent) };
  };

  test("gives each request of a run a traceparent of one trace, the same if the run is walked again", async () => {
    const { traceId, parents } = await trace({ target: "    trace: true\n" });
    const [first, second] = parents.map((parent) => W3C.exec(parent!)!.slice(1));
    expect(traceId).not.toMatch(/^0+$/);
    expect([first![0], second![0]]).toEqual([traceId, traceId]);
    expect(first![1]).not.toBe(second![1]);
    expect(await trace({ target: "    trace: true\n" })).toEqual({ traceId, parents });
  });

  test("is nothing where nobody wants it, or the check does not", async () => {
    expect(await trace({})).toEqual({ traceId: undefined, parents: [undefined, undefined] });
    const without = await trace({ target: "    trace: true\n", check: "        trace: false\n" });
    expect(without.traceId).toBeUndefined();
  });
});
