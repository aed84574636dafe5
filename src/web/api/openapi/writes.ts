/** What Assay is told: pushed reports, silences, deployments, hooks. */
import * as z from "zod";
import { protectionRuleRequest } from "../../../engine/github/approvals.ts";
import { deploymentBody, deploymentFilters } from "../routes/deployments.ts";
import { argoEvent, flaggerEvent } from "../routes/hooks.ts";
import { deploymentStatus } from "../routes/github.ts";
import * as schemas from "./schemas.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "./operation.ts";
import { answerBody, wordsBody } from "../views/push_body.ts";
import { silenceBody, silencesQuery } from "../routes/silences.ts";

const SOURCE = "/v1/targets/{target}/checks/{check}/reports/{source}";
const SHA = "0123456789abcdef0123456789abcdef01234567";

/** Operations that tell Assay something, and those that show what it was told. */
export const WRITES: readonly Operation[] = [
  {
    method: "put",
    path: SOURCE,
    id: "pushReport",
    summary: "Send in a claim, in Assay's words or as an answer in any dialect",
    tag: "reports",
    access: "report",
    body: {
      schema: z.union([wordsBody, answerBody]),
      example: { state: "ready", seq: 1767225600000, at: 1767225600000, ttl: "90s" },
    },
    answers: { 200: jsonAnswer("What is kept", schemas.pushedReportSchema) },
    problems: [400, 404, 409, 413],
  },
  {
    method: "get",
    path: SOURCE,
    id: "getReport",
    summary: "What a source claims now",
    tag: "reports",
    access: "read",
    answers: { 200: jsonAnswer("The claim", schemas.pushedReportSchema) },
    problems: [404],
  },
  {
    method: "delete",
    path: SOURCE,
    id: "withdrawReport",
    summary: "Withdraw a claim",
    tag: "reports",
    access: "report",
    answers: { 204: emptyAnswer("It is withdrawn, or there was none") },
    problems: [404, 409],
  },
  {
    method: "post",
    path: "/v1/silences",
    id: "createSilence",
    summary: "Hold notices for a time; probing goes on",
    tag: "silences",
    access: "operate",
    body: {
      schema: silenceBody,
      example: { match: { target: "shop" }, until: "2h", reason: "the database moves" },
    },
    answers: { 201: jsonAnswer("The silence", schemas.silenceSchema) },
    problems: [400, 409, 413],
  },
  {
    method: "get",
    path: "/v1/silences",
    id: "listSilences",
    summary: "Silences that stand or are to come",
    tag: "silences",
    access: "read",
    query: silencesQuery,
    answers: { 200: jsonAnswer("The silences", schemas.silencesSchema) },
    problems: [400],
  },
  {
    method: "delete",
    path: "/v1/silences/{id}",
    id: "endSilence",
    summary: "End a silence now",
    tag: "silences",
    access: "operate",
    answers: { 204: emptyAnswer("It is over") },
    problems: [404, 409],
  },
  {
    method: "post",
    path: "/v1/deployments",
    id: "recordDeployment",
    summary: "Record a deployment: gates count evidence from it on",
    tag: "deployments",
    access: "operate",
    body: {
      schema: deploymentBody,
      example: { target: "shop", version: "1.4.2", environment: "production" },
    },
    answers: { 201: jsonAnswer("The deployment", schemas.deploymentSchema) },
    problems: [400, 404, 413],
  },
  {
    method: "get",
    path: "/v1/deployments",
    id: "listDeployments",
    summary: "Deployments of one target, newest first",
    tag: "deployments",
    access: "read",
    query: deploymentFilters,
    answers: { 200: jsonAnswer("One page", schemas.deploymentPageSchema) },
    problems: [400, 404],
  },
  {
    method: "post",
    path: "/v1/events/flagger",
    id: "hearFlagger",
    summary: "Flagger's event webhook; the token in the header or in metadata.token",
    tag: "deployments",
    access: "elsewhere",
    body: {
      schema: flaggerEvent,
      example: { name: "shop", namespace: "prod", phase: "Progressing", checksum: "5f4dcc3b5" },
    },
    answers: { 200: jsonAnswer("Whether it began a rollout", schemas.hookAnswerSchema) },
    problems: [400, 404, 413],
  },
  {
    method: "post",
    path: "/v1/events/argo",
    id: "hearArgo",
    summary: "A notification of Argo CD, in the shape of our template",
    tag: "deployments",
    access: "operate",
    body: { schema: argoEvent, example: { target: "shop", revision: "1a2b3c", phase: "Succeeded" } },
    answers: { 200: jsonAnswer("Whether it finished a rollout", schemas.hookAnswerSchema) },
    problems: [400, 404, 413],
  },
  {
    method: "post",
    path: "/v1/events/github",
    id: "hearGitHub",
    summary: "GitHub's deployment_status and deployment_protection_rule, by their signature",
    tag: "deployments",
    access: "signature",
    headers: {
      "x-hub-signature-256": "sha256= and the HMAC of the body",
      "x-github-event": "deployment_status, deployment_protection_rule; others are passed over",
    },
    body: {
      schema: z.union([deploymentStatus, protectionRuleRequest]),
      example: {
        deployment_status: { state: "success", created_at: "2026-01-01T00:00:00Z" },
        deployment: { sha: SHA, environment: "production" },
        repository: { full_name: "acme/shop" },
      },
    },
    answers: {
      200: jsonAnswer("Whether it finished a rollout", schemas.hookAnswerSchema),
      202: jsonAnswer("The rule is answered when its gate has decided", schemas.pendingSchema),
    },
    problems: [400, 404, 413],
  },
];
