import { expect, test } from "vitest";
import { judge } from "../../examples/library/judge.ts";
import { CASES } from "../library/cases.ts";

test.each(CASES)("the library in workerd: %s", (_, results, outcome) => expect(judge(results)).toBe(outcome));
