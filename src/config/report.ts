import type { Checks } from "./checks.ts";
import type { AskedSource, AwsAccess, PushedSource, ReportConfig, ReportSource, StepAuth } from "./config.ts";
import type { CheckDraft } from "./draft.ts";
import { parseDuration } from "./schema/duration.ts";
import type { Note, Path } from "./problem.ts";
import { dialectOf, GRPC, type SourceDraft } from "./report_source.ts";
import type { ConfigAuthKind } from "./kinds.ts";
import { unique } from "./duplicates.ts";

/** Context for reading a report. */
export interface ReportRules {
  dialects: readonly string[];
  allowPrivate: boolean;
  auths: readonly ConfigAuthKind[];
  /** Reads `auth` at this path. */
  readAuth(draft: SourceDraft["auth"], path: Path): StepAuth | undefined;
  checks?: Pick<Checks, "address" | "source">;
  note: Note;
}

const TIMEOUT = "2s";
const NAME = "default";

/** Where gRPC is asked, if nothing else is said. */
const GRPC_PATH = "/grpc.health.v1.Health/Check";

/** Keys without effect in a pushed source, which sends no request. */
const ASKED_ONLY = [
  "path",
  "url",
  "aws",
  "dialect",
  "service",
  "timeout",
  "headers",
  "auth",
  "question",
] as const;

/** Reads the report of a check, if it has one. */
export function readReport(check: CheckDraft, path: Path, rules: ReportRules): ReportConfig | undefined {
  const { report: draft, claim } = check;
  const { note } = rules;
  if (claim !== undefined && !(Array.isArray(draft) && draft.length > 1)) {
    const message = "claim needs several sources";
    note({ path: [...path, "claim"], at: "key", message, expected: "a list under report", found: "claim" });
  }
  if (draft === undefined) return undefined;
  const at = [...path, "report"];
  const list = Array.isArray(draft);
  const drafts = list ? draft : [draft];
  const noteDuplicate = unique("source", note);
  const sources = drafts.flatMap((source, i) => {
    const here = list ? [...at, i] : at;
    if (!source) return [];
    if (drafts.length > 1 && !("name" in source)) {
      const message = "one of several sources needs a name";
      note({ path: here, message, expected: "a name, such as app or db", found: "nothing" });
    } else noteDuplicate(source.name ?? NAME, [...here, "name"]);
    return [readSource(source, here, rules)];
  });
  return { sources, rule: claim ?? "worst" };
}

function readSource(draft: SourceDraft, path: Path, rules: ReportRules): ReportSource {
  return "push" in draft ? readPushSource(draft, path, rules.note) : readAskSource(draft, path, rules);
}

function readPushSource(draft: SourceDraft, path: Path, note: Note): PushedSource {
  const { name = NAME, push, select } = draft;
  for (const key of ASKED_ONLY.filter((key) => key in draft)) {
    const message = `${key} has no effect with push: no request is sent`;
    note({ path: [...path, key], at: "key", message, expected: "push alone", found: key });
  }
  if (push && !("token" in push)) {
    const message = "without its own token, only an API token with scope report may push";
    const expected = "token: ${env:NAME}, unless api.tokens has one with that scope";
    note({ severity: "warning", path: [...path, "push"], message, expected });
  }
  const { token, ttl = "1m" } = push ?? {};
  return { kind: "pushed", name, token, ttlMs: parseDuration(ttl), question: "push", select };
}

function readAskSource(draft: SourceDraft, path: Path, rules: ReportRules): AskedSource {
  const { note, checks, allowPrivate } = rules;
  const { name = NAME, aws, timeout = TIMEOUT, question, select, service } = draft;
  const dialect = dialectOf(draft);
  checks?.source(draft, path, rules);
  checks?.address(draft.url, [...path, "url"], { allowPrivate }, note);
  const access = aws && accessOf(aws);
  const auth = rules.readAuth(draft.auth, path);
  return {
    kind: "asked",
    name,
    path: draft.path ?? draft.url ?? (access ? endpointOf(access) : GRPC.includes(dialect) ? GRPC_PATH : "/"),
    headers: readHeaders(draft, path, note),
    dialect,
    timeoutMs: parseDuration(timeout),
    question,
    select,
    service,
    aws: access,
    ...auth && { auth, further: rules.auths.find(({ kind }) => kind === auth.kind)?.requests },
  };
}

function readHeaders(draft: SourceDraft, path: Path, note: Note): [string, string][] {
  const headers = Object.entries(draft.headers ?? {})
    .map(([name, value = ""]): [string, string] => [name, value]);
  for (const [name] of headers.filter(([, value]) => value.includes("{{"))) {
    const message = "{{ }} has no meaning here: a report is not part of a journey";
    note({ path: [...path, "headers", name], message, expected: "a plain value or ${env:NAME}" });
  }
  return headers;
}

function accessOf(aws: NonNullable<SourceDraft["aws"]>): AwsAccess {
  const { targetGroup: targetGroupArn = "", accessKeyId = "", secretAccessKey = "", sessionToken } = aws;
  const region = targetGroupArn.split(":")[3] ?? "";
  return { region, targetGroupArn, accessKeyId, secretAccessKey, sessionToken };
}

/** The public endpoint of the region (AWS General Reference, Elastic Load Balancing endpoints). */
function endpointOf({ region, targetGroupArn }: AwsAccess): string {
  const domain = targetGroupArn.startsWith("arn:aws-cn:") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://elasticloadbalancing.${region}.${domain}/`;
}
