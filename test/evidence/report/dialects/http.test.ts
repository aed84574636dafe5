import { expect, test } from "vitest";
import { DIALECTS, read } from "../../../../src/evidence/report/mod.ts";

const said = (text: string, status = 200) => {
  const answer = { url: new URL("https://shop.example/health"), status, headers: new Headers(), text };
  return read(answer, { dialect: "http" }, DIALECTS).state;
};
const answered = (json: unknown) => said(JSON.stringify(json));

test.each<[string, unknown, string]>([
  ["null", { status: null }, "unknown"],
  ["an object", { status: { code: 200 } }, "unknown"],
  ["a list", { state: [] }, "unknown"],
  ["a word", { status: "up" }, "ready"],
  ["no such key: the code decides", { uptime: 5 }, "ready"],
])("http under 200 with a status that is %s", (_name, json, state) => {
  expect(answered(json)).toBe(state);
});

const BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>";

test.each([
  ["a login form", 200, '<form action="/login"><input name="pw" type="password"></form>', "unreadable"],
  ["an error page under 200", 200, BAD_GATEWAY, "unreadable"],
  ["the same under its own code", 502, BAD_GATEWAY, "not_ready"],
  ["a page that is about errors", 200, "<title>All errors of today</title>", "ready"],
])("an HTML page: %s, %i", (_, status, page, state) => {
  expect(said(page, status)).toBe(state);
});
