import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const OPTIONS = { kinds: KINDS };
const CHECK = "targets[0].checks[0]";
const ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/6d0ecf831eec9f09";
const KEYS = 'accessKeyId: "${env:AWS_ID}", secretAccessKey: "${env:AWS_SECRET}"';

const written = (report: string) => edit("report: { path: /readyz }", report);
const reportOf = async (report: string) => (await loadText(written(report), OPTIONS)).checks[0]!.report;

describe("a source", () => {
  const COMMON = { kind: "asked", name: "default", headers: [], timeoutMs: 2_000 };

  test.each<[name: string, report: string, source: unknown]>([
    ["with a part", "report: { path: /health, select: components.db }", {
      ...COMMON,
      path: "/health",
      dialect: "auto",
      select: "components.db",
    }],
    ["of a gRPC service, whose path is known", "report: { dialect: grpc-health, service: shop.v1.Orders }", {
      ...COMMON,
      path: "/grpc.health.v1.Health/Check",
      dialect: "grpc-health",
      service: "shop.v1.Orders",
    }],
    ["of AWS, whose endpoint is known", `report: { aws: { targetGroup: "${ARN}", ${KEYS} } }`, {
      ...COMMON,
      path: "https://elasticloadbalancing.eu-central-1.amazonaws.com/",
      dialect: "elb",
      aws: {
        region: "eu-central-1",
        targetGroupArn: ARN,
        accessKeyId: "${env:AWS_ID}",
        secretAccessKey: "${env:AWS_SECRET}",
      },
    }],
    [
      "of AWS in China",
      `report: { aws: { targetGroup: "${
        ARN.replace("aws:", "aws-cn:").replace("eu-central", "cn-north")
      }", ${KEYS} } }`,
      { ...COMMON, path: "https://elasticloadbalancing.cn-north-1.amazonaws.com.cn/", dialect: "elb" },
    ],
    [
      "of AWS through another endpoint",
      `report: { url: https://vpce-1.elasticloadbalancing.example/, aws: { targetGroup: "${ARN}", ${KEYS} } }`,
      { ...COMMON, path: "https://vpce-1.elasticloadbalancing.example/", dialect: "elb" },
    ],
    ["that is pushed", 'report: { push: { ttl: 90s, token: "${env:PUSH}" }, name: unit }', {
      kind: "pushed",
      name: "unit",
      ttlMs: 90_000,
      token: "${env:PUSH}",
      question: "push",
    }],
    [
      "of the Kubernetes API, with a token",
      'report: { path: /apis/apps/v1/namespaces/shop/deployments/web, dialect: k8s-api, headers: { authorization: "Bearer ${env:K8S_TOKEN}" } }',
      { ...COMMON, dialect: "k8s-api", headers: [["authorization", "Bearer ${env:K8S_TOKEN}"]] },
    ],
  ])("%s", async (_, report, source) => {
    const reporting = await reportOf(report);
    expect(reporting).toMatchObject({ rule: "worst", sources: [source] });
    expect(reporting!.sources).toHaveLength(1);
  });
});

test("several sources, in the order of the file, with the rule beside them", async () => {
  const report = await reportOf(`report:
          - { name: app, path: /health }
          - { name: unit, push: { ttl: 30s, token: "\${env:PUSH}" } }
        claim: all`);
  expect(report).toMatchObject({
    rule: "all",
    sources: [{ kind: "asked", name: "app", path: "/health" }, {
      kind: "pushed",
      name: "unit",
      ttlMs: 30_000,
    }],
  });
});

test("the example is valid, and nothing in it is doubtful", async () => {
  const text = readFileSync(new URL("../../examples/sources.yaml", import.meta.url), "utf8");
  expect(await problemsOf(text, OPTIONS)).toEqual([]);
});

test("no rule: the worst", async () => {
  const report = await reportOf("report: [{ name: a, path: /a }, { name: b, path: /b }]");
  expect(report!.rule).toBe("worst");
});

test("the digest follows what is asked and how, and not what is pushed", async () => {
  const digest = async (report: string) => (await loadText(written(report), OPTIONS)).checks[0]!.digest;
  const base = 'report: [{ name: a, path: /a }, { name: u, push: { ttl: 30s, token: "${env:PUSH}" } }]';
  const same = [base, base.replace("30s", "60s"), base.replace("${env:PUSH}", "${env:OTHER}")];
  expect(new Set(await Promise.all(same.map(digest))).size).toBe(1);
  const others = [
    base,
    base.replace("/a", "/b"),
    base.replace("path: /a", "path: /a, select: db"),
    `${base}\n        claim: any`,
    "report: { path: /a }",
    "report: { dialect: grpc-web, service: a }",
    "report: { dialect: grpc-web, service: b }",
  ];
  expect(new Set(await Promise.all(others.map(digest))).size).toBe(others.length);
});

// `▸` marks where the problem must point.
type Said = Omit<Problem, "severity" | "line" | "column">;
const ONE = `${CHECK}.report`;
test.each<[name: string, report: string, said: Said]>([
  ["no place", "▸report: { select: db }", {
    path: ONE,
    message: "a report needs a source of its claim",
    expected: "one of: path, url, push, aws",
  }],
  ["two places", "report: { path: /a, ▸url: https://b.example }", {
    path: `${ONE}.url`,
    message: "a report has a path or a url, not both",
    expected: "one of them",
  }],
  ["an empty list", "report: ▸[]", {
    path: ONE,
    message: "too small",
    expected: "at least 1 entry",
    found: "0 entries",
  }],
  ["a source without a name among others", "report: [{ name: a, path: /a }, ▸{ path: /b }]", {
    path: `${ONE}[1]`,
    message: "one of several sources needs a name",
    expected: "a name, such as app or db",
    found: "nothing",
  }],
  ["a name twice", "report: [{ name: a, path: /a }, { name: ▸a, path: /b }]", {
    path: `${ONE}[1].name`,
    message: `this source id is taken by ${ONE}[0].name`,
    expected: "another id",
    found: "a",
  }],
  ["a rule for one source", "report: { path: /a }\n        ▸claim: any", {
    path: `${CHECK}.claim`,
    message: "claim needs several sources",
    expected: "a list under report",
    found: "claim",
  }],
  ["a rule that is none", "report: [{ name: a, path: /a }, { name: b, path: /b }]\n        claim: ▸anny", {
    path: `${CHECK}.claim`,
    message: "unknown value",
    expected: "one of: worst, all, any",
    found: "anny",
    suggestion: "any",
  }],
  ["a key of a source in a list", "report: [{ url: https://a.example, ▸pat: /a }]", {
    path: `${ONE}[0].pat`,
    message: "unknown key",
    expected:
      "one of: name, path, url, push, aws, dialect, select, service, timeout, headers, auth, question",
    found: "pat",
    suggestion: "path",
  }],
  ["a dialect in a list", "report: [{ path: /a, dialect: ▸sprng }]", {
    path: `${ONE}[0].dialect`,
    message: "unknown dialect",
    expected: `one of: auto, ${KINDS.dialects.map(({ name }) => name).join(", ")}`,
    found: "sprng",
    suggestion: "spring",
  }],
  ["a service without gRPC", "report: { path: /a, ▸service: shop.v1.Orders }", {
    path: `${ONE}.service`,
    message: "only gRPC has services",
    expected: "dialect: grpc-health or grpc-web",
    found: "auto",
  }],
  ["an empty part", 'report: { path: /a, select: ▸"" }', {
    path: `${ONE}.select`,
    message: "not a part of the answer, such as components.db",
    expected: "a part of the answer, such as components.db",
    found: '""',
  }],
  ["a push without a lifetime", 'report: { push: ▸{ token: "${env:PUSH}" } }', {
    path: `${ONE}.push.ttl`,
    message: "ttl is missing",
    expected: "a duration from 1s to 1d: whole numbers and d, h, m, s or ms, such as 30s or 1m30s",
    found: "nothing",
  }],
  ["a push with a token in the open", "report: { push: { ttl: 1m, token: ▸letmein } }", {
    path: `${ONE}.push.token`,
    message: "not a reference",
    expected: "a reference: ${env:NAME}, so that no secret stands in the config",
    found: "a text (not shown)",
  }],
  ["a place beside a push", 'report: { push: { ttl: 1m, token: "${env:PUSH}" }, ▸path: /a }', {
    path: `${ONE}.path`,
    message: "path has no effect with push: no request is sent",
    expected: "push alone",
    found: "path",
  }],
  ["a target group that is none", `report: { aws: { targetGroup: ▸shop, ${KEYS} } }`, {
    path: `${ONE}.aws.targetGroup`,
    message: "not the ARN of a target group",
    expected: "the ARN of a target group: arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/...",
    found: "shop",
  }],
  [
    "a key of AWS in the open",
    `report: { aws: { targetGroup: "${ARN}", accessKeyId: "\${env:A}", secretAccessKey: ▸wJalrXUtnFEMI } }`,
    {
      path: `${ONE}.aws.secretAccessKey`,
      message: "not a reference",
      expected: "a reference: ${env:NAME}, so that no secret stands in the config",
      found: "a text (not shown)",
    },
  ],
  ["a path beside AWS", `report: { ▸path: /a, aws: { targetGroup: "${ARN}", ${KEYS} } }`, {
    path: `${ONE}.path`,
    message: "with aws, requests go to the load balancing API, not to the target",
    expected: "one of them",
  }],
  ["another dialect beside AWS", `report: { dialect: ▸spring, aws: { targetGroup: "${ARN}", ${KEYS} } }`, {
    path: `${ONE}.dialect`,
    message: "answers of AWS have their own dialect",
    expected: "elb",
    found: "spring",
  }],
])("%s", async (_, report, said) => {
  const { text, line, column } = takeMark(written(report));
  expect(await problemsOf(text, OPTIONS)).toEqual([{ severity: "error", line, column, ...said }]);
});

test("a push without a token is a warning", async () => {
  const { text, line, column } = takeMark(written("report: { push: ▸{ ttl: 1m } }"));
  expect(await problemsOf(text, OPTIONS)).toMatchObject([
    {
      severity: "warning",
      line,
      column,
      path: `${ONE}.push`,
      message: expect.stringContaining("without its own token"),
    },
  ]);
});
