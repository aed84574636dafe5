import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import document from "../../../../schema/v1/openapi.json" with { type: "json" };
import { openapi, OPERATIONS } from "../../../../src/web/api/openapi/document.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { mismatch } from "./conformance.ts";
import { openapiFixture } from "./fixture.ts";

test("schema/v1/openapi.json is current (deno task schema writes it)", () => {
  expect(document).toEqual(JSON.parse(JSON.stringify(openapi())));
});

/** What is for browsers is no part of the API. */
const OF_THE_API = /^\/(v1|api)\/|^\/(metrics|livez|readyz|startupz)$/;

test("every route of the app stands in the document, and every operation has a route", async () => {
  const { app } = await openapiFixture(memoryStore());
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && OF_THE_API.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, "{$1}")}`);
  const written = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  expect([...new Set(routes)].toSorted()).toEqual(written.toSorted());
});

test("one regular expression finds every route: a pattern that it cannot hold makes all of them slow", async () => {
  const { app } = await openapiFixture(memoryStore());
  await app.request("/livez");
  expect(app.router.name).toBe("RegExpRouter");
});

test("each operation has an id of its own, and a tag that is described", () => {
  expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  const tags = document.tags.map(({ name }) => name);
  expect(OPERATIONS.filter(({ tag }) => !tags.includes(tag))).toEqual([]);
});

test.each(OPERATIONS.flatMap(({ id, body }) => body ? [[id, body] as const] : []))(
  "the example of %s is accepted by the schema of its body",
  (_, { schema, example }) => expect(schema.safeParse(example).error).toBeUndefined(),
);

test("a kept validator takes the document for OpenAPI 3.1, and TypeScript types can be made of it", () => {
  const { stdout, stderr, status } = spawnSync(Deno.execPath(), [
    "run",
    "-A",
    new URL("tools.ts", import.meta.url).pathname,
  ], { encoding: "utf8" });
  expect(`${stdout}${stderr}`).toContain(`valid OpenAPI 3.1, ${OPERATIONS.length} operations typed`);
  expect(status).toBe(0);
}, 120_000);

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_, open) => {
    test("every operation answers a good request as the document says", async () => {
      const { app, goodRequest } = await openapiFixture(open());
      // Deletions and silences last, so that all that is asked for is there.
      const order = OPERATIONS.toSorted((a, b) =>
        Number(a.method === "delete") - Number(b.method === "delete")
      );
      for (const operation of order) {
        const { path, ...request } = goodRequest(operation);
        const answer = await app.request(path, request);
        const { status } = answer;
        expect(await mismatch(operation, answer), operation.id).toBeNull();
        const isGate = operation.tag === "gates" || operation.tag === "health";
        expect(isGate || status < 300, `${operation.id}: ${status}`).toBe(true);
      }
    });
  },
);
