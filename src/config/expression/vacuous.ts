import { Condition, type Expectation } from "./expectation.ts";
import type { Facts } from "./scope.ts";

const JSON_TYPE = "application/json";

/** Answers of services that are not well: name, content type, text; the status is always 200. */
const HOSTILE: [name: string, type: string, text: string][] = [
  ["200 with an empty body", "text/plain", ""],
  ["HTML error page", "text/html", "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"],
  ["{}", JSON_TYPE, "{}"],
  ["null", JSON_TYPE, "null"],
  ["[]", JSON_TYPE, "[]"],
  ["truncated JSON", JSON_TYPE, '{"id":"a1","state":'],
];

const RUN = { id: "run", slot: 0, prober: "prober", region: "region", target: "target", check: "check" };

/** Names the canned hostile answers that would pass all `expectations`: these prove little. */
export function vacuousPasses(expectations: readonly Expectation[]): string[] {
  const names = expectations.flatMap((one) => one instanceof Condition ? one.captures : []);
  const captures = Object.fromEntries(names.map((name) => [name, "captured"]));
  const passes = ([, type, text]: (typeof HOSTILE)[number]) => {
    const headers = new Headers({ "content-type": type });
    const facts: Facts = { status: 200, headers, text, durationMs: 1, captures, run: RUN, now: 0 };
    return expectations.every((expectation) => expectation.test(facts) === null);
  };
  return HOSTILE.filter(passes).map(([name]) => name);
}
