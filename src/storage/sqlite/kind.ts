import * as z from "../../base/zod.ts";
import type { ConfigStoreKind } from "../../config/kinds.ts";

/** SQLite in a config: the path of its file. Each runtime opens it in its own way. */
export const SQLITE: ConfigStoreKind = {
  kind: "sqlite",
  schema: ({ words }) => words().check(z.describe("A file that this process can access.")),
  fallback: ".assay/assay.db",
};
