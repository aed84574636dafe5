import { expect, test } from "vitest";
import { formatKindCosts, type Metafile, ownBytes } from "../../../scripts/cli/kind_cost.ts";

/** Each module with its size, and what it imports. */
const SOURCES: Record<string, [bytes: number, imports: string[]]> = {
  "functions/worker.ts": [10, ["src/core.ts", ".assay/kinds.ts"]],
  "src/core.ts": [100, ["node_modules/zod/index.js"]],
  ".assay/kinds.ts": [1, ["src/steps/http.ts", "src/steps/dns.ts", "functions/cloudflare/dial.ts"]],
  "src/steps/http.ts": [2_000, ["node_modules/zod/index.js"]],
  "src/steps/dns.ts": [3_000, ["node_modules/dns/index.js", "src/core.ts"]],
  "node_modules/dns/index.js": [9_000, ["node_modules/dns/index.js"]],
  "node_modules/zod/index.js": [40_000, []],
  "functions/cloudflare/dial.ts": [500, ["cloudflare:sockets"]],
};

const METAFILE: Metafile = {
  inputs: Object.fromEntries(
    Object.entries(SOURCES).map((
      [path, [, imports]],
    ) => [path, { imports: imports.map((path) => ({ path })) }]),
  ),
  outputs: {
    "out/worker.js": {
      entryPoint: "functions/worker.ts",
      inputs: Object.fromEntries(
        Object.entries(SOURCES).map(([path, [bytesInOutput]]) => [path, { bytesInOutput }]),
      ),
    },
  },
};

test.each<[string, string[], number]>([
  ["what only it imports", ["src/steps/dns.ts"], 12_000],
  ["its port, too", ["src/steps/dns.ts", "functions/cloudflare/dial.ts"], 12_500],
  ["nothing that others need", ["src/steps/http.ts"], 2_000],
  ["nothing where it is not in the bundle", ["src/steps/tcp.ts"], 0],
])("a kind costs %s", (_, paths, bytes) => expect(ownBytes(METAFILE, paths)).toBe(bytes));

test("costs are printed on one line", () => {
  const kinds = new Map([["http", ["src/steps/http.ts"]], ["dns", ["src/steps/dns.ts"]]]);
  expect(formatKindCosts(METAFILE, kinds)).toBe(
    "step kinds: http 2.0 kB, dns 12.0 kB (minified, what only that kind needs)",
  );
});
