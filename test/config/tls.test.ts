import { describe, expect, test } from "vitest";
import { certificate } from "../world/certificate.ts";
import { edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const TLS = (fields: string) =>
  edit("url: https://shop.example", `url: https://shop.example\n    tls: { ${fields} }`);
const PAIR = certificate("assay-client");
const PEM = JSON.stringify(PAIR.cert);
const env = () => `${PAIR.cert}\n${PAIR.key}`;

test("a target has TLS settings of its own, as they were written", async () => {
  const { targets } = await loadText(
    TLS(`ca: ${PEM}, cert: "\${env:CERT}", key: "\${env:KEY}", serverName: shop.internal`),
    { env },
  );
  expect(targets[0]!.tls).toEqual({
    ca: PAIR.cert,
    cert: "${env:CERT}",
    key: "${env:KEY}",
    serverName: "shop.internal",
  });
});

test("they are part of the digest, by their names and not their values", async () => {
  const digest = async (text: string) => (await loadText(text)).checks[0]!.digest;
  const [plain, one, other] = await Promise.all(
    [TLS(""), TLS('ca: "${env:A}"'), TLS('ca: "${env:B}"')].map(digest),
  );
  expect(new Set([plain, one, other]).size).toBe(3);
});

describe("what is wrong with TLS settings is an error at its place", () => {
  test.each([
    ["a key in the config", 'cert: "${env:C}", key: ▸"-----BEGIN PRIVATE KEY-----"', "not a reference"],
    ["a certificate without its key", 'cert: "${env:C}"', "not a pair"],
    ["a path in place of a certificate", "ca: ▸/etc/ssl/ca.pem", "not a certificate"],
    ["a name that is none", "serverName: ▸https://shop", "not a host name"],
    ["a reference in a name", 'serverName: ▸"${env:NAME}"', "not a host name"],
  ])("%s", async (_, fields, message) => {
    const marked = TLS(fields);
    const { text, line, column } = marked.includes("▸")
      ? takeMark(marked)
      : takeMark(TLS(fields).replace("{ cert", "▸{ cert"));
    expect(await problemsOf(text)).toContainEqual(
      expect.objectContaining({ severity: "error", message, line, column }),
    );
  });

  test.each([
    ["ca", 'ca: ▸"${env:PEM}"', "a certificate in PEM"],
    ["cert", 'cert: ▸"${env:PEM}", key: "${env:KEY}"', "a certificate in PEM"],
    ["key", 'cert: "${env:CERT}", key: ▸"${env:PEM}"', "a private key in PEM"],
  ])("a variable that holds no %s", async (_, fields, expected) => {
    const { text, line, column } = takeMark(TLS(fields));
    const values = (name: string) => name === "PEM" ? "/etc/ssl/shop.pem" : env();
    expect(await problemsOf(text, { env: values })).toEqual([
      expect.objectContaining({
        severity: "error",
        message: "the value of PEM cannot be sent here",
        expected,
        line,
        column,
      }),
    ]);
  });

  const NONE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  test.each([
    ["a certificate", "ca", NONE, "certificates in PEM that can be read"],
    ["one of two certificates", "ca", `${PAIR.cert}${NONE}`, "certificates in PEM that can be read"],
    ["the client's certificate", "cert", NONE, "certificates in PEM that can be read"],
    [
      "a key",
      "key",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
      "a private key in PEM, not encrypted",
    ],
    ["the key of this certificate", "key", certificate("other").key, "the private key of cert"],
  ])("what has the shape of PEM and is not %s", async (_, field, value, expected) => {
    const text = TLS('ca: "${env:CA}", cert: "${env:CERT}", key: "${env:KEY}"');
    const values: Record<string, string> = { CA: PAIR.cert, CERT: PAIR.cert, KEY: PAIR.key };
    values[field.toUpperCase()] = value;
    expect(await problemsOf(text, { env: (name) => values[name] })).toMatchObject([{
      severity: "error",
      path: `targets[0].tls.${field}`,
      message: `the value of ${field.toUpperCase()} cannot be used`,
      expected,
    }]);
    if (field !== "ca") return;
    expect(await problemsOf(TLS(`ca: ${JSON.stringify(value)}`))).toMatchObject([{
      message: "ca cannot be used",
    }]);
  });

  test("beside an http URL", async () => {
    const text = TLS("insecure: true").replace("https://shop", "http://shop");
    expect(await problemsOf(text)).toMatchObject([{ severity: "error", path: "targets[0].tls" }]);
  });

  test.each([
    ["on Cloudflare", "", "cloudflare" as const],
    ["with a prober that is a place", "regions: [weur]\n", undefined],
  ])("%s", async (_, regions, runtime) => {
    const text = edit("version: 1\n", `version: 1\n${regions}`, TLS('ca: "${env:CA}"'));
    expect(await problemsOf(text, { runtime })).toContainEqual(expect.objectContaining({
      severity: "error",
      path: "targets[0].tls",
      message: "a Worker has no TLS settings",
      expected: "probers that run on Deno",
    }));
  });
});

test("insecure is a warning, always", async () => {
  const { text, line, column } = takeMark(TLS("insecure: ▸true"));
  expect(await problemsOf(text)).toMatchObject([{
    severity: "warning",
    path: "targets[0].tls.insecure",
    line,
    column,
  }]);
  expect(await problemsOf(TLS("insecure: false"))).toEqual([]);
});
