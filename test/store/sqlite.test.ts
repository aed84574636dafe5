import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe } from "vitest";
import { openSqlite } from "../../functions/sqlite.ts";
import { contract } from "./contract.ts";

describe("sqlite store", () => contract(() => openSqlite(":memory:")));
