/** Each recipe, walked by the real prober against a service that is well, and one that is not. */
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { KINDS } from "../../functions/deno/kinds.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import type { Route } from "../world/network.ts";
import { START, testEnv } from "../world/test_env.ts";
import { blocksOf, read } from "./markdown.ts";

const ENV = {
  CLIENT_SECRET: "a-client-secret",
  PASSWORD: "a-canary-password",
  BROWSER_TOKEN: "a-browser-token",
};
const inDays = (days: number) => new Date(START + days * 86_400_000).toISOString();
const json = (value: unknown): Route => ({ json: value });
const READY = { "GET /readyz": { body: "ok" } };

/** A HealthCheckResponse of gRPC health v1. */
const health = (status: number): Route => ({
  headers: { "content-type": "application/grpc", "grpc-status": "0" },
  body: `\0\0\0\0\x02\x08${String.fromCharCode(status)}`,
});

interface Recipe {
  well: Record<string, Route>;
  broken: Record<string, Route>;
}

/** By heading. */
const RECIPES: Record<string, Recipe> = {
  "Domain expiry, by RDAP": {
    well: {
      "GET /domain/shop.example": json({ events: [{ eventAction: "expiration", eventDate: inDays(31) }] }),
    },
    broken: {
      "GET /domain/shop.example": json({ events: [{ eventAction: "expiration", eventDate: inDays(29) }] }),
    },
  },
  "DNS, by a resolver's JSON API": {
    well: {
      "GET /resolve?name=shop.example&type=A": json({
        Status: 0,
        Answer: [{ type: 1, data: "203.0.113.7" }],
      }),
    },
    broken: { "GET /resolve?name=shop.example&type=A": json({ Status: 3 }) },
  },
  "GraphQL": {
    well: { ...READY, "POST /graphql": json({ data: { search: [{ id: 1 }] } }) },
    broken: { ...READY, "POST /graphql": json({ errors: [{ message: "index is closed" }], data: null }) },
  },
  "A token by OAuth": {
    well: {
      ...READY,
      "POST https://login.example/token": json({
        access_token: "tok-1234567890",
        token_type: "Bearer",
        expires_in: 60,
      }),
      "GET /orders": ({ headers }) =>
        headers.authorization === "Bearer tok-1234567890" ? { json: { orders: [1] } } : { status: 401 },
    },
    broken: {
      ...READY,
      "POST https://login.example/token": json({
        access_token: "tok-1234567890",
        token_type: "Bearer",
        expires_in: 60,
      }),
      "GET /orders": json({ orders: [] }),
    },
  },
  "A form with a CSRF token": {
    well: {
      ...READY,
      "GET /login": { body: '<input name="csrf" value="a1b2">' },
      "POST /login": ({ body }) =>
        new URLSearchParams(body).get("csrf") === "a1b2" ? { body: "Welcome, canary" } : { status: 403 },
    },
    broken: { ...READY, "GET /login": { body: "<p>We are down</p>" } },
  },
  "An MCP endpoint": {
    well: {
      "POST /mcp": {
        headers: { "content-type": "text/event-stream" },
        body: 'data: {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"shop"}}}\n\n',
      },
    },
    broken: { "POST /mcp": json({ jsonrpc: "2.0", id: 1, error: { code: -32603, message: "no tools" } }) },
  },
  "A gRPC server": {
    well: { "POST /grpc.health.v1.Health/Check": health(1) },
    broken: { "POST /grpc.health.v1.Health/Check": health(2) },
  },
  "A Prometheus query": {
    well: {
      "GET /api/v1/query?query=max(order_queue_length)": json({
        status: "success",
        data: { result: [{ metric: {}, value: [1, "12"] }] },
      }),
    },
    broken: {
      "GET /api/v1/query?query=max(order_queue_length)": json({
        status: "success",
        data: { result: [{ metric: {}, value: [1, "1200"] }] },
      }),
    },
  },
  "Browser tests beside Assay": {
    well: { ...READY, "GET /orders/canary": json({ state: "accepted" }) },
    broken: { ...READY, "GET /orders/canary": json({ state: "pending" }) },
  },
};

const FILE = "docs/recipes.md";
const headingAt = (line: number) =>
  read(FILE).split("\n").slice(0, line).findLast((text) => text.startsWith("## "))!.slice(3);
const blocks = blocksOf(FILE).filter(({ language }) => language === "yaml")
  .map(({ line, text }): [string, string] => [headingAt(line), text]);

async function outcomeOf(text: string, routes: Record<string, Route>) {
  const { config, ports } = await testEnv(stringify({ version: 1, ...parse(text) }), { routes, env: ENV });
  const prober = localProberOf(ports, config, KINDS, { id: "local", region: "local" });
  const { answers: [answer] } = await prober.ask({ slot: START, checks: config.checks, deadlineMs: 60_000 });
  if (!answer || "missed" in answer) throw new Error(`It was not walked: ${JSON.stringify(answer)}`);
  return answer.round.observation;
}

test("every recipe with a config is walked", () => {
  expect(blocks.map(([heading]) => heading)).toEqual(Object.keys(RECIPES));
});

test.each(blocks)("%s", async (heading, text) => {
  const { well, broken } = RECIPES[heading]!;
  expect(await outcomeOf(text, well)).toMatchObject({ outcome: "pass" });
  expect(await outcomeOf(text, broken)).toMatchObject({ outcome: "fail" });
});
