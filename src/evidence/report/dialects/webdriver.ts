import { bodyClaim, errorClaims } from "../claims.ts";
import { firstText, records } from "../json.ts";
import type { Dialect } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * `/status` of WebDriver (W3C, 8.3), as answered by Selenium, its Grid and browser drivers: `value.ready`,
 * always with 200, so the code makes no claim. A `"status": 0` is success in the older JSON wire protocol and
 * no claim. The Grid's nodes are parts that are not required, by `availability`: UP, DOWN, DRAINING.
 */
export const webdriver: Dialect = {
  name: "webdriver",
  recognise: ({ json }) => valueOf(json) !== undefined,
  read({ status, json }) {
    const value = valueOf(json);
    if (!value) return null;
    const raw = firstText(value.message) ?? `ready: ${value.ready}`;
    return {
      claims: [bodyClaim(value.ready ? "ready" : "not_ready", raw), ...errorClaims(status)],
      subsystems: records(value.nodes).map(({ uri, id, availability }, i) => ({
        name: firstText(uri, id) ?? `node ${i}`,
        state: stateOfWord(firstText(availability) ?? "") ?? "unknown",
        layer: "process",
        required: false,
      })),
      version: isRecord(value.build) ? firstText(value.build.version) : undefined,
    };
  },
};

function valueOf(json: unknown) {
  const value = isRecord(json) ? json.value : undefined;
  return isRecord(value) && typeof value.ready === "boolean" ? value : undefined;
}
