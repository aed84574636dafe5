import { describe, expect, test } from "vitest";
import type { ExchangeTrace } from "../../../src/base/ports.ts";
import { compileExpectation, compileProgram } from "../../../src/config/expression/compile.ts";
import { edit, loadText, problemsOf, takeMark } from "../load_text.ts";
import { answer, FACTS, HTTP } from "./facts.ts";

const DAY_MS = 86_400_000;
const TRACE: ExchangeTrace = {
  requests: 1,
  dnsMs: 1.5,
  connectMs: 0,
  tlsMs: 12,
  firstByteMs: 40,
  protocol: "1.1",
  remoteAddress: "2001:db8::1",
  certificate: {
    notAfter: FACTS.now + 13.5 * DAY_MS,
    issuer: "Example CA",
    names: ["shop.example", "*.shop.example"],
  },
};

describe("what the transport measured is in expressions", () => {
  test.each([
    "dnsMs < 2 && tlsMs == 12.0 && firstByteMs > 39.5",
    "connectMs == 0.0",
    "dnsMs + connectMs + tlsMs + firstByteMs < 100",
    "protocol == '1.1' && remoteAddress.startsWith('2001:')",
    "certificate.daysLeft > 13 && certificate.daysLeft < 14",
    "certificate.issuer == 'Example CA' && 'shop.example' in certificate.names",
    "url == 'https://shop.example/orders' && redirects == 0",
  ])("%s", (source) => {
    expect(compileExpectation(source, [], HTTP).test(answer("", { trace: TRACE }))).toBeNull();
  });

  test("an ended certificate has less than no days left", () => {
    const trace = { ...TRACE, certificate: { ...TRACE.certificate!, notAfter: FACTS.now - DAY_MS } };
    expect(compileProgram("certificate.daysLeft", [], HTTP).run(answer("", { trace }))).toEqual({
      ok: true,
      value: -1,
    });
  });
});

describe("what was not measured is missing, and never 0", () => {
  test.each([
    ["dnsMs < 100", "dnsMs"],
    ["!(connectMs > 100)", "connectMs"],
    ["tlsMs <= 0", "tlsMs"],
    ["firstByteMs < 100 || true", "firstByteMs"],
    ["protocol != '2'", "protocol"],
    ["remoteAddress != ''", "remoteAddress"],
    ["certificate.daysLeft > 14", "certificate"],
    ["certificate.daysLeft < 14", "certificate"],
    ["!has(certificate.issuer)", "certificate"],
  ])("%s", (source, name) => {
    for (const trace of [undefined, { requests: 1 }]) {
      expect(compileExpectation(source, [], HTTP).test(answer("", { trace }))).toMatchObject({
        reason: "missing",
        detail: expect.stringContaining(`${name} was not measured`),
      });
    }
  });
});

const STEP = (expectation: string) => edit("body.ok == true", expectation);

describe("a Worker does not learn it", () => {
  test.each([
    ["on Cloudflare", "", "cloudflare" as const],
    ["with a prober that is a place", "regions: [weur]\n", undefined],
  ])("%s", async (_, regions, runtime) => {
    const { text, line, column } = takeMark(
      edit("version: 1\n", `version: 1\n${regions}`, STEP("status == 200 && ▸certificate.daysLeft > 14")),
    );
    const problems = await problemsOf(text, { runtime });
    expect(problems).toContainEqual(expect.objectContaining({
      severity: "error",
      line,
      column,
      found: "certificate",
      expected: "probers that run on Deno: a Worker cannot measure it",
    }));
  });

  test("but it knows where an answer came from", async () => {
    const text = edit(
      "version: 1\n",
      "version: 1\nregions: [weur]\n",
      STEP("url.endsWith('/') && redirects == 0"),
    );
    expect(await problemsOf(text, { runtime: "cloudflare" })).toMatchObject([{ severity: "warning" }]);
  });

  test("and on Deno all of it is there", async () => {
    expect((await loadText(STEP("certificate.daysLeft > 14"), { runtime: "deno" })).checks).toHaveLength(1);
  });
});
