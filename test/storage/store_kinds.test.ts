import { describe, expect, test } from "vitest";
import * as fields from "../../src/config/schema/fields.ts";
import { clock } from "../../functions/clock.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { contract } from "./contract.ts";

const ENV = { clock, random: () => 0.5, env: () => undefined };
/** Settings of the kinds that need no server; the others keep the contract in a test of their own, beside one. */
const OPTIONS: Record<string, unknown> = { sqlite: ":memory:", memory: {} };

describe.each(KINDS.stores.filter(({ variables }) => !variables))("store kind $kind", (kind) => {
  test("takes its settings", () => {
    expect(kind.schema(fields).safeParse(OPTIONS[kind.kind]).success).toBe(true);
  });

  contract(() => kind.open(OPTIONS[kind.kind], ENV));
});

test("one kind stands where no store is named, with settings that it takes", () => {
  const standing = KINDS.stores.filter(({ fallback }) => fallback !== undefined);
  expect(standing.map((kind) => kind.schema(fields).safeParse(kind.fallback).success)).toEqual([true]);
});
