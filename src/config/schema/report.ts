import * as z from "../../base/zod.ts";
import type { ConfigAuthKind } from "../kinds.ts";
import { ownAuth } from "./steps.ts";
import { QUESTIONS } from "../question.ts";
import { duration, headers, id, list, map, reference, text, words } from "./fields.ts";

/** How to combine the claims of several sources. */
export const CLAIM_RULES = ["worst", "all", "any"] as const;

/** The most sources of one check. */
const MAX_SOURCES = 10;

const aws = map({
  targetGroup: text(
    /^arn:aws[a-z-]*:elasticloadbalancing:[a-z]{2}(-[a-z]+)+-\d+:\d{12}:targetgroup\/\S+$/,
    "the ARN of a target group: arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/...",
  ).check(z.describe("The target group; its ARN includes the region.")),
  accessKeyId: reference().check(
    z.describe("Only needs elasticloadbalancing:DescribeTargetHealth."),
  ),
  secretAccessKey: reference().check(z.describe("Its secret.")),
  sessionToken: z.optional(reference()).check(z.describe("For temporary keys.")),
}).check(z.describe("An AWS load balancer's own view: DescribeTargetHealth, signed."));

const push = map({
  token: z.optional(reference()).check(z.describe("The bearer token of the sender.")),
  ttl: duration("1s", "1d").check(z.describe("The claim is stale after this long without a push.")),
}).check(z.describe("The service sends the claim; Assay makes no request."));

const source = (auths: readonly ConfigAuthKind[]) =>
  map({
    name: z.optional(id()).check(
      z.describe("Unique within its check; required if there are several sources."),
      z.meta({
        default: "default",
      }),
    ),
    path: z.optional(text(/^\//, "a path: /... below the target's url")).check(
      z.describe("The path of the health endpoint."),
    ),
    url: z.optional(text(/^https?:\/\//, "a URL: http:// or https://")).check(
      z.describe("The same, on another host."),
    ),
    push: z.optional(push),
    aws: z.optional(aws),
    dialect: z.optional(words()).check(
      z.describe("Format of the response; auto recognises it."),
      z.meta({
        default: "auto",
      }),
    ),
    select: z.optional(
      text(/^[^\s\p{Cc}](.{0,198}[^\s\p{Cc}])?$/u, "a part of the answer, such as components.db"),
    ).check(z.describe("The part of the response that is the claim; default: all of it.")),
    service: z.optional(text(/^[\x21-\x7e]{1,200}$/, "the name of a gRPC service, such as shop.v1.Orders"))
      .check(z.describe("The gRPC service to check; default: the whole server.")),
    timeout: z.optional(duration("100ms", "45s")).check(
      z.describe("Deadline of one request, including the body."),
      z.meta({
        default: "2s",
      }),
    ),
    headers: z.optional(headers()).check(z.describe("Request headers; values may hold ${env:NAME}.")),
    auth: z.optional(ownAuth(auths)).check(
      z.describe("Authentication of the request. That of the target or check is for journeys."),
    ),
    question: z.optional(z.enum(QUESTIONS)).check(
      z.describe("Which question it answers, if the path does not show it."),
    ),
  }).check(
    z.describe("One source of claims: a path, a url, push or aws."),
    z.refine(({ aws, auth }) => !aws || !auth, { error: "auth, or the keys of aws" }),
  );

/** The service's own report. */
export const report = (auths: readonly ConfigAuthKind[]) =>
  z.union([source(auths), list(source(auths), MAX_SOURCES)]).check(
    z.describe("What the service claims about itself, from one source or several."),
  );
