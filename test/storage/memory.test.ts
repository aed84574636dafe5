import { describe } from "vitest";
import { memoryStore } from "../../src/storage/memory.ts";
import { contract } from "./contract.ts";

describe("memory store", () => contract(memoryStore));
