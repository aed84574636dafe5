import type { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AwsAccess } from "../../../src/config/config.ts";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Fetch, FetchOptions, Secrets } from "../../../src/base/ports.ts";
import { ask, DIALECTS } from "../../../src/evidence/report/mod.ts";
import { signRequest } from "../../../src/evidence/report/sigv4.ts";
import { steppingClock } from "../../world/clock.ts";

const SECRETS: Record<string, string> = {
  ID: "AKIDEXAMPLE",
  SECRET: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  SESSION:
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/" +
    "qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPP" +
    "kUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
};
const ENV_SECRETS: Secrets = {
  reveal: (text) =>
    text.replace(/\$\{env:(\w+)\}/g, (_, name) => {
      const value = SECRETS[name];
      if (value === undefined) throw new Error(`\${env:${name}} is not set`);
      return value;
    }),
  redact: (text) => Object.values(SECRETS).reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
};
const ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/6d0ecf831eec9f09";
const ACCESS: AwsAccess = {
  region: "us-east-1",
  targetGroupArn: ARN,
  accessKeyId: "${env:ID}",
  secretAccessKey: "${env:SECRET}",
};
/** 20150830T123600Z, the instant of the test suite that AWS publishes. */
const AT = Date.UTC(2015, 7, 30, 12, 36);

describe("AWS's published test suite for Signature Version 4", () => {
  test.each<[name: string, access: AwsAccess, authorization: string]>([
    [
      "post-vanilla",
      ACCESS,
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ],
    [
      "post-sts-header-before",
      { ...ACCESS, sessionToken: "${env:SESSION}" },
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, " +
      "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ],
  ])("%s", async (_, access, authorization) => {
    const asking = { method: "POST", headers: {}, body: "", service: "service" };
    const url = new URL("https://example.amazonaws.com/");
    const headers = await signRequest(asking, { url, access, secrets: ENV_SECRETS, at: AT });
    expect(headers).toMatchObject({ authorization, "x-amz-date": "20150830T123600Z" });
  });
});

/** The signature by the description of Signature Version 4, without the library. */
function signature(body: string, signedHeaders: [string, string][], region: string, service: string): string {
  const hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const names = signedHeaders.map(([name]) => name).join(";");
  const lines = signedHeaders.map(([name, value]) => `${name}:${value}\n`).join("");
  const canonical = ["POST", "/", "", lines, names, hex(body)].join("\n");
  const toSign = [
    "AWS4-HMAC-SHA256",
    "20150830T123600Z",
    `20150830/${region}/${service}/aws4_request`,
    hex(canonical),
  ];
  const key = [region, service, "aws4_request"].reduce(hmac, hmac(`AWS4${SECRETS.SECRET}`, "20150830"));
  return hmac(key as Buffer, toSign.join("\n")).toString("hex");
}

const HEALTHY = `<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>
  <HealthCheckPort>80</HealthCheckPort><TargetHealth><State>unhealthy</State><Reason>Target.Timeout</Reason></TargetHealth>
  <Target><Port>80</Port><Id>i-0f76fade</Id></Target></member></TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`;

describe("DescribeTargetHealth", () => {
  async function asked(access: AwsAccess, answer = new Response(HEALTHY)) {
    const seen: ({ url: string } & FetchOptions)[] = [];
    const fetch: Fetch = (url, outgoing) => {
      seen.push({ url: url.href, ...outgoing });
      return Promise.resolve(answerOf(answer));
    };
    const url = new URL("https://elasticloadbalancing.eu-central-1.amazonaws.com/");
    const source = {
      url,
      headers: { "user-agent": "assay", "x-assay-run": "r1" },
      dialect: "elb",
      timeoutMs: 1_000,
    };
    const ports = { clock: steppingClock(AT), fetch, secrets: ENV_SECRETS };
    return { report: await ask(ports, { ...source, aws: access, signRequest }, DIALECTS), seen };
  }
  const access = { ...ACCESS, region: "eu-central-1" };

  test("is a signed POST of the Query API", async () => {
    const { seen: [request] } = await asked(access);
    const body = "Action=DescribeTargetHealth&Version=2015-12-01&TargetGroupArn=" + encodeURIComponent(ARN);
    const url = "https://elasticloadbalancing.eu-central-1.amazonaws.com/";
    expect(request).toMatchObject({ url, method: "POST", body });
    const signedHeaders: [string, string][] = [
      ["host", "elasticloadbalancing.eu-central-1.amazonaws.com"],
      ["x-amz-date", "20150830T123600Z"],
    ];
    expect(request!.headers).toMatchObject({
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "x-amz-date": "20150830T123600Z",
      "x-assay-run": "r1",
      "authorization":
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/elasticloadbalancing/aws4_request, " +
        `SignedHeaders=host;x-amz-date, Signature=${
          signature(body, signedHeaders, "eu-central-1", "elasticloadbalancing")
        }`,
    });
  });

  test("nobody healthy: the balancer fails open, and the claim says so", async () => {
    const { report } = await asked(access);
    expect(report).toMatchObject({
      state: "not_ready",
      question: "lb",
      claims: [{ raw: "0 of 1 healthy: fails open" }],
      subsystems: [{ name: "i-0f76fade:80", state: "not_ready", message: "Target.Timeout" }],
    });
  });

  test("a refusal of AWS is no verdict, and tells no key", async () => {
    const text =
      `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>${SECRETS.SECRET}</Message></Error></ErrorResponse>`;
    const { report } = await asked(access, new Response(text, { status: 403 }));
    expect(report.state).toBe("unreadable");
    expect(JSON.stringify(report)).not.toContain(SECRETS.SECRET);
  });

  test("a key that is not set is unknown, and nothing is sent", async () => {
    const { report, seen } = await asked({ ...access, secretAccessKey: "${env:LOST}" });
    expect(report).toMatchObject({ state: "unknown", reason: "config: ${env:LOST} is not set" });
    expect(seen).toEqual([]);
  });
});
