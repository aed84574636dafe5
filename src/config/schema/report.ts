import * as z from "zod";
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
  ).describe("Whose targets are asked for; names the region, too."),
  accessKeyId: reference().describe("Needs elasticloadbalancing:DescribeTargetHealth, and nothing else."),
  secretAccessKey: reference().describe("Its secret."),
  sessionToken: reference().optional().describe("With temporary keys."),
}).describe("An AWS load balancer's own view: DescribeTargetHealth, signed.");

const push = map({
  token: reference().optional().describe("The bearer token of the sender."),
  ttl: duration("1s", "1d").describe("Without a push for this long the claim is stale."),
}).describe("Nobody is asked: the claim is sent in.");

const source = map({
  name: id().optional().describe("Unique in its check; needed where there are several sources.").meta({
    default: "default",
  }),
  path: text(/^\//, "a path: /... below the target's url").optional().describe(
    "Where the service says that it is ready.",
  ),
  url: text(/^https?:\/\//, "a URL: http:// or https://").optional().describe(
    "The same, when it lives on another host.",
  ),
  push: push.optional(),
  aws: aws.optional(),
  dialect: words().optional().describe("How the answer is read; auto recognises it.").meta({
    default: "auto",
  }),
  select: text(/^[^\s\p{Cc}](.{0,198}[^\s\p{Cc}])?$/u, "a part of the answer, such as components.db")
    .optional().describe("The part of the answer whose state is the claim; default: the whole."),
  service: text(/^[\x21-\x7e]{1,200}$/, "the name of a gRPC service, such as shop.v1.Orders").optional()
    .describe("The gRPC service that is asked about; default: the whole server."),
  timeout: duration("100ms", "45s").optional().describe("Deadline of one reading, body included.").meta({
    default: "2s",
  }),
  headers: headers().optional().describe("Headers sent with it; values may hold ${env:NAME}."),
  question: z.enum(QUESTIONS).optional().describe("Which question it answers, when the path does not tell."),
}).describe("One source of claims: a path, a url, push or aws.");

/** What the service claims of itself. */
export const report = z.union([source, list(source, MAX_SOURCES)])
  .describe("What the service claims of itself, from one source or several.");
