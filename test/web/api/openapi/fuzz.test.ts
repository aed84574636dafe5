import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { OPERATIONS } from "../../../../src/web/api/openapi/document.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { mismatch } from "./conformance.ts";
import { openapiFixture } from "./fixture.ts";
import { requests } from "./requests.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 60);

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "requests made from the document, on %s",
  (_, open) => {
    const statuses = new Map<number, number>();
    const told = openapiFixture(open());
    afterAll(() => console.log([...statuses].toSorted().map(([status, n]) => `${status}: ${n}`).join(", ")));

    test.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
      "%s answers nothing but what stands in it, and no 5xx",
      async (_, operation) => {
        const house = await told;
        await fc.assert(
          fc.asyncProperty(requests(house, operation), async ({ path, ...request }) => {
            const answer = await house.app.request(path, request);
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            expect(await mismatch(operation, answer)).toBeNull();
          }),
          { numRuns: RUNS },
        );
      },
    );

    test("both good and bad answers were among them", () => {
      for (const status of [200, 201, 304, 400, 401, 403, 404, 409]) {
        expect([...statuses.keys()]).toContain(status);
      }
    });
  },
);
