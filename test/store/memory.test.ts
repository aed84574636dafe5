import { describe } from "vitest";
import { memoryStore } from "../../src/store/memory.ts";
import { contract } from "./contract.ts";

describe("memory store", () => contract(memoryStore));
