import { describe, expect, test } from "vitest";
import { loadText, problemsOf } from "./load_text.ts";

const text = (url: string) =>
  `version: 1
publicUrl: http://203.0.114.1
controls: ["${url}/control"]
regions:
  - { id: eu, probers: [{ id: fra, url: "${url}/prober", token: "\${env:TOKEN}" }] }
targets:
  - id: shop
    url: ${url}
    labels: { note: "${url}" }
    checks:
      - id: write
        report: { url: "${url}/readyz" }
        journey:
          - request: { method: POST, path: "${url}/orders", json: { callback: "${url}", list: ["${url}"] } }
            expect: ["status == 201", "body.ok == true"]
webhooks:
  - { id: oncall, url: "${url}/hook", secret: "\${env:SECRET}" }
`;
const PLACES = [
  "controls[0]",
  "regions[0].probers[0].url",
  "targets[0].checks[0].journey[0].request.path",
  "targets[0].checks[0].report.url",
  "targets[0].url",
  "webhooks[0].url",
];
const MESSAGE = "a Worker cannot send requests to an IP address: Cloudflare answers 403";
const found = async (url: string, options: Parameters<typeof problemsOf>[1]) =>
  (await problemsOf(text(url), options)).filter(({ message }) => message === MESSAGE);

describe("an IP address for a host", () => {
  test.each(["http://203.0.114.7:8080", "https://[2600::1]", "http://3405803015"])(
    "%s is an error for Cloudflare wherever it would be asked, and nowhere else",
    async (url) => {
      const problems = await found(url, { runtime: "cloudflare" });
      expect(problems.map(({ path }) => path).toSorted()).toEqual(PLACES);
      expect(problems[0]).toMatchObject({
        severity: "error",
        expected: "a host name",
        line: expect.any(Number),
      });
    },
  );

  test("a name is none, nor is anything for Deno or on a development machine", async () => {
    expect(await found("https://shop.example", { runtime: "cloudflare" })).toEqual([]);
    expect(await found("http://203.0.114.7", { runtime: "deno" })).toEqual([]);
    expect(await found("http://203.0.114.7", { runtime: "cloudflare", allowPrivate: true })).toEqual([]);
    await loadText(text("http://203.0.114.7"), { runtime: "deno" });
  });
});
