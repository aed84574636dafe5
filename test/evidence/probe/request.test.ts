import { describe, expect, test } from "vitest";
import { type JourneySpec, walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { scriptedFetch, type SeenRequest } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

/** What is sent for `draft` after a first step that captured `order` from `{"id": captured}`. */
async function sent(
  draft: Draft,
  captured: unknown = "ord_1",
  baseUrl = "https://shop.example",
  changes: Partial<JourneySpec> = {},
) {
  const network = scriptedFetch({ "GET /first": { json: { id: captured } } });
  const check = journey([{ path: "https://shop.example/first", capture: { order: "body.id" } }, draft], {
    baseUrl,
    ...changes,
  });
  const seen = await walk(ports(network, steppingClock()), check, run, { steps: STEP_KINDS });
  return { request: network.requests[1], failure: seen.failure };
}

async function request(...args: Parameters<typeof sent>): Promise<SeenRequest> {
  const { request, failure } = await sent(...args);
  if (!request) throw new Error(`nothing was sent: ${failure?.detail}`);
  return request;
}

test.each([
  ["https://shop.example/orders", true],
  ["https://pay.example/orders", true],
  ["https://shop.example.evil.example/orders", false],
  ["https://api.shop.example/orders", false],
  ["http://shop.example/orders", false],
  ["https://shop.example:8443/orders", false],
])("what names the run goes to the target's url and hosts alone: %s", async (path, isTargets) => {
  const draft: Draft = { path, method: "POST" };
  const changes = { trace: {}, origins: ["https://pay.example"] };
  const expected = isTargets
    ? { "x-assay-run": "run-1", "idempotency-key": "run-1-1", traceparent: expect.stringMatching(/^00-/) }
    : {};
  for (const baseUrl of ["https://shop.example", "https://shop.example/api/", "${env:HOST}"]) {
    const { "user-agent": _, ...headers } = (await request(draft, "-", baseUrl, changes)).headers;
    expect(headers).toEqual(expected);
  }
});

test("a step may name the run to another origin itself", async () => {
  const headers = { "Idempotency-Key": "{{ run.id }}" };
  expect((await request({ method: "POST", path: "https://other.example/", headers })).headers).toMatchObject({
    "idempotency-key": "run-1",
  });
});

describe("the URL of a step", () => {
  const rows: [string, Draft, unknown, string][] = [
    ["a plain path", { path: "/orders" }, "", "https://shop.example/orders"],
    ["another host", { path: "https://api.example/v1" }, "", "https://api.example/v1"],
    [
      "a capture in the path",
      { path: "/orders/{{ captures.order }}" },
      "a/b?c#d é",
      "https://shop.example/orders/a%2Fb%3Fc%23d%20%C3%A9",
    ],
    [
      "a whole URL captured is only text",
      { path: "/{{ captures.order }}" },
      "//evil.example/",
      "https://shop.example/%2F%2Fevil.example%2F",
    ],
    ["a number captured", { path: "/orders/{{ captures.order }}" }, 17, "https://shop.example/orders/17"],
    ["the run's id", { path: "/orders?ref={{ run.id }}" }, "", "https://shop.example/orders?ref=run-1"],
    [
      "a query",
      { path: "/orders", query: { q: "a b&c", id: "{{ captures.order }}" } },
      "x=y",
      "https://shop.example/orders?q=a%20b%26c&id=x%3Dy",
    ],
    [
      "a query beside one in the path",
      { path: "/orders?a=1", query: { b: "2" } },
      "",
      "https://shop.example/orders?a=1&b=2",
    ],
  ];

  test.each(rows)("%s", async (_name, draft, captured, url) => {
    expect((await request(draft, captured || "-")).url).toBe(url);
  });

  test("is relative to the target's URL, which may be a secret", async () => {
    expect((await request({ path: "/orders" }, "-", "${env:HOST}")).url).toBe("https://shop.example/orders");
    for (const path of ["v2/orders", "/v2/orders"]) {
      expect((await request({ path }, "-", "https://shop.example/api/")).url)
        .toBe("https://shop.example/api/v2/orders");
    }
    expect((await request({ path: "//evil.example/" })).url).toBe("https://shop.example//evil.example/");
  });

  test("an empty capture does not ask for the collection", async () => {
    const { request, failure } = await sent({ method: "DELETE", path: "/orders/{{ captures.order }}" }, "");
    expect([request, failure!.reason]).toEqual([undefined, "template"]);
  });

  test.each([".", ".."])("%s captured does not climb out of the path", async (captured) => {
    const { request, failure } = await sent(
      { method: "DELETE", path: "/orders/{{ captures.order }}" },
      captured,
    );
    expect([request, failure!.reason]).toEqual([undefined, "template"]);
  });
});

describe("the headers of a step", () => {
  test("say who asks, in which run, and no more than needed", async () => {
    expect((await request({})).headers).toEqual({
      "user-agent": expect.stringMatching(/^assay\/1 \(\+.+\)$/),
      "x-assay-run": "run-1",
    });
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("%s has the key of its run and step", async (method) => {
    expect((await request({ method })).headers["idempotency-key"]).toBe("run-1-1");
  });

  test("HEAD has no such key, and a configured one stands", async () => {
    expect((await request({ method: "HEAD" })).headers).not.toHaveProperty("idempotency-key");
    const own = { method: "POST", headers: { "Idempotency-Key": "mine-{{ captures.order }}" } };
    expect((await request(own)).headers["idempotency-key"]).toBe("mine-ord_1");
  });

  test("cannot hide who asks, though the user agent is theirs", async () => {
    const { headers } = await request({ headers: { "User-Agent": "browser", "X-Assay-Run": "other" } });
    expect(headers).toEqual({ "user-agent": "browser", "x-assay-run": "run-1" });
  });

  test("hold secrets", async () => {
    expect((await request({ headers: { authorization: "Bearer ${env:TOKEN}" } })).headers.authorization)
      .toBe("Bearer s3cret");
  });

  test.each([
    ["a line break", "a\r\nx-evil: 1"],
    ["a lone line feed", "a\nb"],
    ["a lone carriage return", "a\rb"],
    ["a NUL", "a\0b"],
    ["a character that is no byte", "a\u0142"],
  ])("do not take %s from a capture", async (_name, captured) => {
    const { request, failure } = await sent({ headers: { "x-order": "{{ captures.order }}" } }, captured);
    expect([request, failure!.reason]).toEqual([undefined, "template"]);
  });
});

describe("the body of a step", () => {
  test("JSON keeps the types of single templates", async () => {
    const captured = { n: 1, deep: [true, null, "x"] };
    const json = {
      whole: "{{ captures.order }}",
      text: "got {{ run.id }}",
      n: 2,
      list: [null, false, "{{ run.slot }}"],
    };
    const { body, headers } = await request({ method: "POST", json }, captured);
    expect(JSON.parse(body)).toEqual({
      whole: captured,
      text: "got run-1",
      n: 2,
      list: [null, false, 1_700_000_000_000],
    });
    expect(headers["content-type"]).toBe("application/json");
  });

  test("JSON cannot be broken out of", async () => {
    const { body } = await request(
      { method: "POST", json: { a: "x{{ captures.order }}" } },
      '","admin":"true',
    );
    expect(JSON.parse(body)).toEqual({ a: 'x","admin":"true' });
  });

  test("a form is encoded", async () => {
    const { body, headers } = await request(
      { method: "POST", form: { a: "{{ captures.order }}", b: "ü" } },
      "1&2=3",
    );
    expect(body).toBe("a=1%262%3D3&b=%C3%BC");
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
  });

  test("raw text goes as it is, with the content type that the step gives", async () => {
    const draft = {
      method: "POST",
      raw: "<id>{{ captures.order }}</id>",
      headers: { "Content-Type": "text/xml" },
    };
    const { body, headers } = await request(draft);
    expect(body).toBe("<id>ord_1</id>");
    expect(headers["content-type"]).toBe("text/xml");
  });
});

describe("a target that sends ${env:TOKEN}", () => {
  const drafts: [string, Draft][] = [
    ["a header", { headers: { "x-order": "{{ captures.order }}" } }],
    ["a header beside a real secret", { headers: { "x-order": "${env:TOKEN} {{ captures.order }}" } }],
    ["a query", { query: { id: "{{ captures.order }}" } }],
    ["a path", { path: "/{{ captures.order }}" }],
    ["JSON", { method: "POST", json: { a: "{{ captures.order }}", b: ["x {{ captures.order }}"] } }],
    ["a form", { method: "POST", form: { a: "{{ captures.order }}" } }],
    ["raw text", { method: "POST", raw: "a {{ captures.order }}" }],
  ];

  test.each(drafts)("does not learn the secret through %s", async (_name, draft) => {
    const { request } = await sent(draft, "${env:TOKEN}");
    expect(JSON.stringify(request ?? null)).not.toContain("s3cret");
  });

  test("nor in two parts", async () => {
    const draft = { headers: { "x-order": "${{ captures.order }}" } };
    const { request } = await sent(draft, "{env:TOKEN}");
    expect(JSON.stringify(request ?? null)).not.toContain("s3cret");
  });
});
