import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describe as found } from "../../src/config/problem.ts";
import { Commands } from "../../src/storage/upstash/client.ts";
import { outboxFixture } from "../engine/notify/outbox_fixture.ts";
import { rows } from "../evidence/report/seed.ts";
import { steppingClock } from "../world/clock.ts";
import { messageOf } from "../../src/base/error_message.ts";

const SECRET = "S3CR3T";

describe("a URL in a message is cut to its origin, and the rest of the line stays", () => {
  test.each([
    [
      "Deno, in brackets",
      "error sending request for url (http://127.0.0.1:1/a?b=c): client error (Connect): refused",
      "error sending request for url (http://127.0.0.1:1): client error (Connect): refused",
    ],
    ["a bare origin", "webhook a (https://hooks.example): 500", "webhook a (https://hooks.example): 500"],
    ["an IPv6 address", "asking (http://[::1]:8080/x]): reset", "asking (http://[::1]:8080]): reset"],
    ["an IPv6 address alone", "asking (http://[::1]): reset", "asking (http://[::1]): reset"],
    ["quotes and a full stop", 'cannot load "https://a.example/x?y".', 'cannot load "https://a.example".'],
    ["a list", "tried http://a.example/1, http://b.example/2", "tried http://a.example, http://b.example"],
    ["capitals", "at HTTPS://Shop.Example/x", "at https://shop.example"],
    ["no URL", "Cannot ask a URL with scheme ftp: only http", "Cannot ask a URL with scheme ftp: only http"],
  ])("%s", (_, text, message) => {
    expect(messageOf(new Error(text))).toBe(message);
  });
});

/** Texts that show a secret in a URL, and in what was meant to be one. */
test.each([
  `error sending request for url (http://shop.example/?a=)&access_token=${SECRET}): refused`,
  `Request cannot be constructed from a URL that includes credentials: https://ann:x)${SECRET}@shop.example/`,
  `Invalid URL: 'https://shop.example:bad/a b?token=${SECRET}'`,
  `Invalid URL: 'hooks.example/ ${SECRET}' with base 'x'`,
  `Failed to parse URL from https://shop .example/${SECRET}`,
  `cannot open (wss://shop.example/'${SECRET})`,
  `cannot reach redis://:${SECRET}@cache.example:6379/0`,
  `sent to https:${SECRET}@shop.example/`,
  `sent to https:\\\\shop.example\\${SECRET}`,
  `no route to https://ann:${SECRET}/x@shop.example/`,
  `moved to ftp://files.example/"${SECRET}`,
])("a message shows no secret: %s", (text) => {
  expect(messageOf(new Error(text))).not.toContain(SECRET);
  expect(messageOf(new Error("lost", { cause: text }))).not.toContain(SECRET);
});

/** How runtimes and we print a URL. */
const PRINTED: readonly ((url: string) => string)[] = [
  (url) => `error sending request for url (${url}): client error (Connect): refused (os error 111)`,
  (url) => `Failed to parse URL from ${url}`,
  (url) => `Request cannot be constructed from a URL that includes credentials: ${url}`,
  (url) => `Invalid URL: '${url}'`,
  (url) => `Fetch API cannot load: ${url}`,
  (url) => `cannot ask "${url}", nor <${url}>; [${url}], {${url}}`,
];

test("whatever a URL holds, a message shows nothing of its credentials, path, query and fragment", () => {
  const hostile = fc.string({
    unit: fc.constantFrom(..."()[]{}<>'\"`,;:.!|\\^ \t\n@/?#&=%+*$~aZ9ü…"),
    maxLength: 12,
  });
  const part = fc.tuple(hostile, hostile).map(([before, after]) => before + SECRET + after);
  const scheme = fc.constantFrom("http", "https", "ws", "wss", "HTTPS", "redis", "ftp");
  const urls = fc.record({ scheme, name: part, password: part, path: part, query: part, fragment: part });
  fc.assert(
    fc.property(
      urls,
      fc.constantFrom(...PRINTED),
      ({ scheme, name, password, path, query, fragment }, print) => {
        const url = new URL(`${scheme}://shop.example:81/`);
        Object.assign(url, { username: name, password, pathname: path, search: query, hash: fragment });
        const error = new Error(print(url.href));
        expect(messageOf(error)).not.toContain(SECRET);
        expect(messageOf(new TypeError("fetch failed", { cause: error }))).not.toContain(SECRET);
      },
    ),
    rows(2_000),
  );
});

test("what is said of a receiver shows nothing of its path, where the message is cut in its middle", async () => {
  const office = await outboxFixture([{ id: "n1" }], new Error(`${"x".repeat(284)} /T0/B0/path-token`));
  await office.deliver();
  const { n1 } = await office.deliveries();
  expect(n1!.lastError).toMatch(/x \*\*\*$/);
});

test("what Upstash refuses shows no argument of the command, whoever repeats it", async () => {
  const error = `ERR unknown command 'NOPE', with args beginning with: '${SECRET}'`;
  const answer = () => Response.json({ error }, { status: 400 });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const refused = new Commands({ url, token: "tok", clock: steppingClock() }).once(["NOPE", SECRET]);
  await expect(refused).rejects.toThrow(/^Upstash refused: ERR unknown command 'NOPE'$/);
  await server.shutdown();
});

/** What a config's mistake shows of a value that was to be a URL. */
test.each([
  ["https://shop.example/a", "https://shop.example/a"],
  ["https://ann:pw@shop.example/a?key=abc#x", "https://***@shop.example/a?***"],
  ["redis://ann:pw@cache.example", "redis://***@cache.example"],
  [" https://ann:pw@shop.example", '" https://***@shop.example"'],
  [String.raw`https:\\ann:pw@shop.example`, String.raw`https:\\***@shop.example`],
  ["https:ann:pw@shop.example", "https:***@shop.example"],
  ["https://ann:p/w@shop.example", "https:***"],
  ["https://ann:p#w@shop.example", "https:***"],
  ["ann:pw@shop.example/a", "ann:***@shop.example/a"],
  ["a note: is it ready?", '"a note: is it ready?"'],
])("a mistake in a config shows no credentials: %s", (value, shown) => {
  expect(found(value, ["targets", 0, "url"])).toBe(shown);
});
