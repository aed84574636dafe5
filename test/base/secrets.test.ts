import { describe, expect, test } from "vitest";
import { references, secretsOf } from "../../src/base/secrets.ts";

const over = (
  env: Record<string, string>,
  text = Object.keys(env).map((name) => `\${env:${name}}`).join(" "),
) => secretsOf(references(text), (name) => env[name]);

test("references names each reference once, and nothing that is none", () => {
  expect(references("${env:A} ${env:B_2}${env:A} ${env:lower} ${env:} $env:C ${ENV:D} {env:E}")).toEqual([
    "A",
    "B_2",
  ]);
});

describe("reveal", () => {
  const { reveal } = over({ HOST: "https://shop.example", TOKEN: "s3cret" });

  test.each([
    ["a whole text", "${env:TOKEN}", "s3cret"],
    ["inside a text", "Bearer ${env:TOKEN}!", "Bearer s3cret!"],
    ["twice, and two", "${env:TOKEN}/${env:HOST}/${env:TOKEN}", "s3cret/https://shop.example/s3cret"],
    ["nothing to replace", "plain $& text", "plain $& text"],
  ])("%s", (_, text, revealed) => {
    expect(reveal(text)).toBe(revealed);
  });

  test("does not read what a value looks like", () => {
    expect(over({ A: "$& ${env:B} $1", B: "inner" }).reveal("<${env:A}>")).toBe("<$& ${env:B} $1>");
  });

  test("of a name that is not set throws, and names it", () => {
    expect(() => reveal("${env:TOKEN} ${env:GONE}")).toThrow("${env:GONE} is not set");
  });
});

describe("redact", () => {
  const { redact } = over({ PLAIN: "s3cret-value", ODD: 'p@ss w"rd/ü', PIN: "123" });

  test.each([
    ["a value, wherever it stands", "as3cret-valueb s3cret-value", "a***b ***"],
    ["percent-encoded", `/x?t=${encodeURIComponent('p@ss w"rd/ü')}`, "/x?t=***"],
    ["inside JSON", JSON.stringify({ t: 'p@ss w"rd/ü' }), '{"t":"***"}'],
    [
      "as a form field",
      `t=${new URLSearchParams({ t: 'p@ss w"rd/ü' }).toString().slice(2)}&u=1`,
      "t=***&u=1",
    ],
    ["in the path of a URL", new URL('https://shop.example/p@ss w"rd/ü').href, "https://shop.example/***"],
    ["not a value under four characters", "123 items", "123 items"],
    ["nothing where there is none", "a plain line", "a plain line"],
  ])("%s", (_, text, hidden) => {
    expect(redact(text)).toBe(hidden);
  });

  test.each([
    ["one inside the other", { SHORT: "abcd", LONG: "abcdefgh" }, "abcdefgh abcd", "*** ***"],
    ["the other way round", { LONG: "abcdefgh", SHORT: "efgh" }, "abcdefgh efgh", "*** ***"],
  ])("overlapping secrets leave nothing: %s", (_, env, text, hidden) => {
    expect(over(env).redact(text)).toBe(hidden);
  });

  test.each([
    ["at the end of a message", "refused: s3cret-val", "refused: ***"],
    ["before an ellipsis", "body.token is 's3cret-val…'", "body.token is '***…'"],
    ["but not where nothing was cut", "a s3cret-service", "a s3cret-service"],
    ["nor less than four characters of it", "refused: s3c", "refused: s3c"],
  ])("the beginning of a value, where a text was cut: %s", (_, text, hidden) => {
    expect(redact(text)).toBe(hidden);
  });

  test("a URL that is a secret leaves other URLs alone", () => {
    const { redact } = over({ HOOK: "https://hooks.example/T000/B000" });
    expect(redact("https://shop.example and https://hooks.example/T000/B000")).toBe(
      "https://shop.example and ***",
    );
  });

  test("a value of several lines, also when they were made one", () => {
    const { redact } = over({ KEY: "first line\n  second" });
    expect(redact("first line\n  second")).toBe("***");
    expect(redact("got first line second")).toBe("got ***");
  });

  test("a value with replacement patterns or regex signs is a plain text", () => {
    expect(over({ ODD: "$&.*(+" }).redact("x $&.*(+ y $&a")).toBe("x *** y $&a");
  });

  test("only what the config names is a secret", () => {
    const named = secretsOf(references("${env:ONE}"), (name) => ({ ONE: "first", TWO: "second" })[name]);
    expect(named.redact("first second")).toBe("*** second");
  });
});
