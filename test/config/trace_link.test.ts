import { expect, test } from "vitest";
import { traceLink } from "../../src/config/trace_link.ts";
import { edit, loadText, problemsOf } from "./load_text.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";
const TARGET = "    url: https://shop.example\n";
const withUrl = (url: string) => edit("version: 1\n", `version: 1\ntraceUrl: ${url}\n`);

test("a trace is looked at where traceUrl says", async () => {
  const text = edit(
    TARGET,
    `${TARGET}    trace: true\n`,
    withUrl("https://traces.example/{traceId}?id={traceId}"),
  );
  const [check] = (await loadText(text)).checks;
  expect(traceLink(check!, ID)).toBe(`https://traces.example/${ID}?id=${ID}`);
  expect(traceLink(check!, undefined)).toBeUndefined();
});

test("a check without a trace has no link, and its digest is the one that it had", async () => {
  const [plain] = (await loadText(edit("version: 1", "version: 1"))).checks;
  const [linked] = (await loadText(withUrl("https://traces.example/{traceId}"))).checks;
  expect(traceLink(linked!, ID)).toBeUndefined();
  expect(linked!.digest).toBe(plain!.digest);
});

test.each(["https://traces.example/", "javascript:alert({traceId})", "traces/{traceId}"])(
  "%s is an error",
  async (url) => {
    expect(await problemsOf(withUrl(`"${url}"`))).toMatchObject([{ path: "traceUrl" }]);
  },
);
