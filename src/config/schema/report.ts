import * as z from "../../base/zod.ts";
import type { ConfigAuthKind } from "../kinds.ts";
import { ownAuth } from "./steps.ts";
import { QUESTIONS } from "../question.ts";
import { duration, headers, id, list, map, reference, text, words } from "./fields.ts";

/** How the claims of several sources become one. */
export const CLAIM_RULES = ["worst", "all", "any"] as const;

/** Sources of one check. */
const MAX_SOURCES = 10;

const aws = map({
  targetGroup: text(
    /^arn:aws[a-z-]*:elasticloadbalancing:[a-z]{2}(-[a-z]+)+-\d+:\d{12}:targetgroup\/\S+$/,
    "the ARN of a target group: arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/...",
  ).check(z.describe("Whose targets are asked for; names the region, too.")),
  accessKeyId: reference().check(
    z.describe("Needs elasticloadbalancing:DescribeTargetHealth, and nothing else."),
  ),
  secretAccessKey: reference().check(z.describe("Its secret.")),
  sessionToken: z.optional(reference()).check(z.describe("With temporary keys.")),
}).check(z.describe("An AWS load balancer's own view: DescribeTargetHealth, signed."));

const push = map({
  token: z.optional(reference()).check(z.describe("The bearer token of the sender.")),
  ttl: duration("1s", "1d").check(z.describe("Without a push for this long the claim is stale.")),
}).check(z.describe("The claim is sent in; no request is made."));

const source = (auths: readonly ConfigAuthKind[]) =>
  map({
    name: z.optional(id()).check(
      z.describe("Unique in its check; needed where there are several sources."),
      z.meta({
        default: "default",
      }),
    ),
    path: z.optional(text(/^\//, "a path: /... below the target's url")).check(
      z.describe("Where the service says that it is ready."),
    ),
    url: z.optional(text(/^https?:\/\//, "a URL: http:// or https://")).check(
      z.describe("The same, when it lives on another host."),
    ),
    push: z.optional(push),
    aws: z.optional(aws),
    dialect: z.optional(words()).check(
      z.describe("How the answer is read; auto recognises it."),
      z.meta({
        default: "auto",
      }),
    ),
    select: z.optional(
      text(/^[^\s\p{Cc}](.{0,198}[^\s\p{Cc}])?$/u, "a part of the answer, such as components.db"),
    ).check(z.describe("The part of the answer whose state is the claim; default: the whole.")),
    service: z.optional(text(/^[\x21-\x7e]{1,200}$/, "the name of a gRPC service, such as shop.v1.Orders"))
      .check(z.describe("The gRPC service that is asked about; default: the whole server.")),
    timeout: z.optional(duration("100ms", "45s")).check(
      z.describe("Deadline of one reading, body included."),
      z.meta({
        default: "2s",
      }),
    ),
    headers: z.optional(headers()).check(z.describe("Headers sent with it; values may hold ${env:NAME}.")),
    auth: z.optional(ownAuth(auths)).check(
      z.describe("How the request is let in. What the target or check has is for journeys."),
    ),
    question: z.optional(z.enum(QUESTIONS)).check(
      z.describe("Which question it answers, when the path does not tell."),
    ),
  }).check(
    z.describe("One source of claims: a path, a url, push or aws."),
    z.refine(({ aws, auth }) => !aws || !auth, { error: "auth, or the keys of aws" }),
  );

/** What the service claims of itself. */
export const report = (auths: readonly ConfigAuthKind[]) =>
  z.union([source(auths), list(source(auths), MAX_SOURCES)]).check(
    z.describe("What the service claims of itself, from one source or several."),
  );
