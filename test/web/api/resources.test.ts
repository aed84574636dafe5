import { describe, expect, test } from "vitest";
import { FILES } from "../../../functions/deno/files.ts";
import { slo } from "../../../src/web/page/objective.tsx";
import { gateServices } from "../../../src/engine/gates/services.ts";
import { tokenUses as usesIn } from "../../../src/storage/records/token_uses.ts";
import { tokenAccess } from "../../../src/web/api/middleware/access.ts";
import { OPERATIONS } from "../../../src/web/api/openapi/document.ts";
import * as answers from "../../../src/web/api/openapi/schemas/mod.ts";
import * as statuspage from "../../../src/web/api/openapi/statuspage.ts";
import type { ProcessContext, ResourceContext } from "../../../src/web/api/resource.ts";
import { PROCESS_ROUTES } from "../../../src/web/api/core_routes.ts";
import { RESOURCE_OPERATIONS, STORE_ROUTES } from "../../../src/web/api/resources.ts";
import * as files from "../../../src/web/api/routes/files.ts";
import * as github from "../../../src/web/api/routes/github.ts";
import { roundsRoutes } from "../../../src/web/api/routes/rounds.ts";
import * as backup from "../../../src/web/api/routes/backup.ts";
import * as reload from "../../../src/web/api/routes/reload.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { openapiFixture } from "./openapi/fixture.ts";

const fixture = await openapiFixture(memoryStore());
const { ports, config } = fixture;
const services = gateServices(ports, config, fixture.store, slo);
const tokenUses = usesIn(ports, services.store);
const access = tokenAccess(config, ports, services.store, tokenUses.record);
const [prober] = fixture.script.probers;
const context = {
  ...services,
  ports,
  config,
  access,
  tokenUses,
  runCheck: fixture.settler.probeNow,
  prober: { prober: prober!, token: "${env:PROBER_TOKEN}" },
} satisfies ResourceContext & ProcessContext;

const ROUTES = { ...PROCESS_ROUTES, rounds: roundsRoutes, ...STORE_ROUTES };
const NAMES = Object.keys(ROUTES) as (keyof typeof ROUTES)[];
/** Each resource with its routes as they are registered, and its operations. */
const RESOURCES = [
  ...NAMES.map((name) => [name, ROUTES[name](context), RESOURCE_OPERATIONS[name]] as const),
  ["github", github.routes(context), github.operations] as const,
  [
    "reload",
    reload.routes({ access, reload: () => Promise.reject(new Error("not here")) }),
    reload.operations,
  ] as const,
  [
    "backup",
    backup.routes({ access }, () => [""].values()),
    backup.operations,
  ] as const,
  ["files", FILES, files.operations] as const,
];
const schemas = { ...answers, ...statuspage };

describe("a resource", () => {
  test.each(RESOURCES)(
    "%s describes all that it routes, and routes all that it describes",
    (_, app, operations) => {
      const routed = app.routes
        .filter(({ method, path }) => method !== "ALL" && !path.startsWith("/assets/"))
        .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, "{$1}")}`);
      const described = operations(schemas).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
      expect([...new Set(routed)].toSorted()).toEqual(described.toSorted());
      expect(described.length).toBeGreaterThan(0);
    },
  );

  test("stands in the document with all its operations", () => {
    const all = RESOURCES.flatMap(([, , operations]) => operations(schemas).map(({ id }) => id));
    expect(OPERATIONS.map(({ id }) => id).toSorted()).toEqual(all.toSorted());
  });
});
