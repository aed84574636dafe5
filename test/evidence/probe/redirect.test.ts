import { describe, expect, test } from "vitest";
import { guardFetch } from "../../../src/base/http/guard.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

const to = (location: string, status = 302, headers = {}): Route => ({
  status,
  headers: { location, ...headers },
});

async function go(routes: Record<string, Route>, draft: Draft) {
  const network = scriptedFetch(routes);
  const check = journey([{ redirects: 3, ...draft }]);
  const seen = await walk(ports(guardFetch(network, false), steppingClock()), check, run, {
    steps: STEP_KINDS,
  });
  return { seen, requests: network.requests, last: network.requests.at(-1)! };
}

describe("a redirect", () => {
  /** Fetch standard, "HTTP-redirect fetch": status and method before, method after, and whether the body is kept. */
  const methods: [number, string, string, boolean][] = [
    [301, "POST", "GET", false],
    [302, "POST", "GET", false],
    [303, "POST", "GET", false],
    [307, "POST", "POST", true],
    [308, "POST", "POST", true],
    [301, "PUT", "PUT", true],
    [302, "DELETE", "DELETE", true],
    [303, "PUT", "GET", false],
    [303, "HEAD", "HEAD", false],
    [301, "GET", "GET", false],
  ];

  test.each(methods)("%i turns %s into %s", async (status, before, after, keepsBody) => {
    const json = ["GET", "HEAD"].includes(before) ? undefined : { a: 1 };
    const { seen, last } = await go({ [`${before} /`]: to("/there", status) }, { method: before, json });
    expect(seen.outcome).toBe("pass");
    expect(last).toMatchObject({
      method: after,
      url: "https://shop.example/there",
      body: keepsBody ? '{"a":1}' : "",
    });
    expect("content-type" in last.headers).toBe(keepsBody);
    expect("idempotency-key" in last.headers).toBe(keepsBody);
  });

  const kept: [string, Route, Draft][] = [
    ["that the step does not follow", to("/there"), { redirects: 0 }],
    ["without a location", { status: 302 }, {}],
    ["that only chooses (300)", to("/there", 300), {}],
    ["that says not modified", { status: 304, headers: { location: "/there" } }, {}],
  ];

  test.each(kept)("%s is an answer for the expectations", async (_name, route, draft) => {
    const { seen, requests } = await go({ "GET /": route }, {
      ...draft,
      expect: ["status >= 300 && status < 305"],
    });
    expect(seen.outcome).toBe("pass");
    expect(requests).toHaveLength(1);
  });

  const broken: [string, Route][] = [
    ["to a private address", to("http://169.254.169.254/latest/meta-data/")],
    ["to a private name", to("http://db.internal/")],
    ["with credentials", to("https://ann:pw@shop.example/there")],
    ["to no http URL", to("file:///etc/passwd")],
    ["to no URL", to("http://[")],
    ["to itself, again and again", to("/")],
  ];

  test.each(broken)("%s is the target's failure", async (_name, route) => {
    const { seen } = await go({ "GET /": route }, {});
    expect(seen).toMatchObject({ outcome: "fail", transport: false, failure: { reason: "redirect" } });
  });

  test("is followed as often as the step allows, and not once more", async () => {
    const routes = { "GET /": to("/1"), "GET /1": to("/2"), "GET /2": to("/3"), "GET /3": { body: "end" } };
    const draft = { expect: ["text == 'end'"] };
    expect((await go(routes, { ...draft, redirects: 3 })).seen).toMatchObject({
      outcome: "pass",
      steps: [{ requests: 4, status: 200 }],
    });
    expect((await go(routes, { ...draft, redirects: 2 })).seen).toMatchObject({
      outcome: "fail",
      failure: { reason: "redirect" },
      steps: [{ requests: 3 }],
    });
  });

  const headers = {
    authorization: "Bearer ${env:TOKEN}",
    cookie: "mine=1",
    "x-api-key": "${env:TOKEN}",
    accept: "application/json",
  };

  test("inside its origin keeps every header", async () => {
    const { last } = await go({ "GET /": to("/there", 302, { "set-cookie": "sid=1" }) }, { headers });
    expect(last.headers).toMatchObject({
      authorization: "Bearer s3cret",
      cookie: "mine=1; sid=1",
      "x-api-key": "s3cret",
    });
  });

  test.each([
    "https://other.example/",
    "http://shop.example/",
    "https://shop.example:8443/",
    "https://api.shop.example/",
  ])("to %s carries nothing that could be a credential or names the run", async (location) => {
    const { last } = await go({
      "GET https://shop.example/": to(location, 302, { "set-cookie": "sid=1" }),
    }, {
      headers,
    });
    expect(last.url).toBe(location);
    expect(last.headers).toEqual({
      "user-agent": expect.stringMatching(/^assay\//),
      accept: "application/json",
    });
  });

  test("away and back again does not bring credentials back", async () => {
    const routes = {
      "GET https://shop.example/": to("https://other.example/"),
      "GET https://other.example/": to("https://shop.example/there"),
    };
    const { last } = await go(routes, { headers });
    expect(last.url).toBe("https://shop.example/there");
    expect(last.headers).not.toHaveProperty("authorization");
  });

  test("to another origin does not carry a body along", async () => {
    const { seen, requests } = await go({ "POST /": to("https://other.example/", 307) }, {
      method: "POST",
      json: {},
    });
    expect(seen).toMatchObject({ outcome: "fail", failure: { reason: "redirect" } });
    expect(requests).toHaveLength(1);
  });

  test("shares the time of its step", async () => {
    const clock = steppingClock();
    const network = scriptedFetch({
      "GET /": () =>
        new Promise((resolve) =>
          clock.after(600, () => resolve({ status: 302, headers: { location: "/b" } }))
        ),
      "GET /b": "hang",
    });
    const pending = walk(ports(network, clock), journey([{ redirects: 3, timeoutMs: 1000 }]), run, {
      steps: STEP_KINDS,
    });
    await clock.advance(1000);
    expect(await pending).toMatchObject({ totalMs: 1000, transport: true, failure: { reason: "timeout" } });
  });
});
