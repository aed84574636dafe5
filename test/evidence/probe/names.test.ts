import { describe, expect, test } from "vitest";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { loadText } from "../../config/load_text.ts";
import { steppingClock } from "../../world/clock.ts";
import { scriptedFetch } from "../../world/network.ts";
import { ports, run } from "./steps.ts";

/** What an object of the language has without anybody having put it there. */
const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "prototype"];

const config = (name: string) => {
  const header = name.toLowerCase();
  return `version: 1
targets:
  - id: constructor
    url: https://shop.example
    labels: { ${name}: shelf }
    checks:
      - id: constructor
        journey:
          - request: { path: /a, headers: { ${name}: sent }, query: { ${name}: asked } }
            expect:
              - status == 200
              - headers['${header}'] == 'came' && '${header}' in headers
              - headerValues['${header}'][0] == 'came'
              - headers.exists(name, name == '${header}')
              - body.inner['${name}'] == 'x'
            capture: { ${name}: body.id, inner: body.inner }
          - request:
              method: POST
              path: /b/{{ captures.${name} }}/{{ captures.inner['${name}'] }}
              json: { ${name}: "{{ captures['${name}'] }}", all: "{{ captures.inner }}" }
            expect:
              - status == 200
              - captures['${name}'] == 'a1' && captures.${name} == 'a1'
              - captures.inner['${name}'] == 'x' && captures.inner.deep['${name}'].k == 1
              - "'${name}' in captures && size(captures) == 2"
        cleanup:
          - request: { method: DELETE, path: "/b/{{ captures.${name} }}" }
`;
};

describe("a name that every object of the language has", () => {
  test.each(NAMES)("%s serves as a header, a query, a label, a capture and a key", async (name) => {
    const { checks: [check] } = await loadText(config(name));
    const inner = `{"${name}":"x","deep":{"${name}":{"k":1}}}`;
    const network = scriptedFetch({
      [`GET /a?${name}=asked`]: { headers: [[name, "came"]], body: `{"id":"a1","inner":${inner}}` },
      "POST /b/a1/x": { json: {} },
      "DELETE /b/a1": { status: 204 },
    });
    const seen = await walk(
      ports(network, steppingClock()),
      { ...check!, baseUrl: check!.target.url },
      run,
      { steps: STEP_KINDS },
    );
    expect(seen).toMatchObject({ outcome: "pass", cleanup: { outcome: "pass" } });
    const [asked, written] = network.requests;
    expect(Object.entries(asked!.headers)).toContainEqual([name.toLowerCase(), "sent"]);
    expect(written!.body).toBe(`{"${name}":"a1","all":${inner}}`);
    expect(Object.entries(check!.target.labels)).toEqual([[name, "shelf"]]);
  });

  test.each(NAMES)("%s serves as a subsystem", (name) => {
    const text = `{"status":"DOWN","components":{"${name}":{"status":"DOWN"},"disk":{"status":"UP"}}}`;
    const url = new URL("http://svc.example/actuator/health");
    const headers = new Headers({ "content-type": "application/json" });
    const report = read({ url, status: 503, headers, text }, { dialect: "auto" }, DIALECTS);
    expect(report).toMatchObject({
      state: "not_ready",
      dialect: "spring",
      subsystems: [{ name, state: "not_ready" }, { name: "disk", state: "ready" }],
    });
  });
});
