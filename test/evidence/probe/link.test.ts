import { describe, expect, test } from "vitest";
import { guardFetch } from "../../../src/base/http/guard.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { scriptedFetch } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

const CREATE = "https://shop.example/api/v1/orders";

/** Places an order, whose answer says where it is, and follows that. */
async function follow(next: unknown, step: Draft = {}, baseUrl = "https://shop.example/api/v1") {
  const first = { method: "POST", path: "/orders", capture: { next: "body.next" } };
  const network = scriptedFetch({ [`POST ${CREATE}`]: { json: { next } } });
  const check = journey([first, { url: "{{ captures.next }}", ...step }], { baseUrl });
  const { failure, outcome } = await walk(
    ports(guardFetch(network, false), steppingClock()),
    check,
    run,
    { steps: STEP_KINDS },
  );
  const [, second] = network.requests;
  return { url: second?.url, headers: second?.headers, outcome, failure };
}

describe("a URL that an answer gave is followed as it is", () => {
  test.each([
    ["/api/v1/orders/7?a=b%2Fc&d=e f", "https://shop.example/api/v1/orders/7?a=b%2Fc&d=e%20f"],
    ["https://shop.example/orders/7#part", "https://shop.example/orders/7"],
    ["?page=2", "https://shop.example/api/v1/orders?page=2"],
    ["orders/7", "https://shop.example/api/v1/orders/7"],
    ["//shop.example/x", "https://shop.example/x"],
  ])("%s", async (next, url) => expect((await follow(next)).url).toBe(url));

  test("another query is put behind its own", async () => {
    expect((await follow("/x?a=1", { query: { b: "2" } })).url).toBe("https://shop.example/x?a=1&b=2");
  });

  test("another origin, if the target's hosts have it", async () => {
    const origins = ["https://uploads.example"];
    expect((await follow("https://uploads.example/u/1", { origins })).url).toBe(
      "https://uploads.example/u/1",
    );
  });
});

describe("a URL that nobody allowed is not asked, and that is no fault of the target's", () => {
  test.each([
    "https://evil.example/",
    "//evil.example/x",
    "http://shop.example/",
    "https://shop.example:8443/",
    "http://169.254.169.254/latest",
    "file:///etc/passwd",
  ])("%s", async (next) => {
    const { url, outcome, failure } = await follow(next);
    expect({ url, outcome, reason: failure?.reason }).toEqual({
      url: undefined,
      outcome: "error",
      reason: "refused",
    });
  });

  test("nor a private address that the hosts have", async () => {
    const { url, failure } = await follow("http://10.0.0.1/", { origins: ["http://10.0.0.1"] });
    expect([url, failure?.reason]).toEqual([undefined, "refused"]);
  });
});

test.each(["", "https://", "\nhttps://shop.example/"])("%j is a failure of the target", async (next) => {
  const { url, failure } = await follow(next);
  expect([url, failure?.reason]).toEqual([undefined, "template"]);
});

test("a value cannot ask for a secret", async () => {
  const { url, failure } = await follow("/x?t=${env:TOKEN}");
  expect([url, failure?.reason]).toEqual([undefined, "template"]);
});

test("a step with a value in its URL shows what was asked", async () => {
  const { failure } = await follow("/orders/7?secret=s3cret", { expect: ["status == 200"] });
  expect(failure?.values).toEqual({
    url: "***/orders/7?secret=***",
    status: "404",
  });
});
