/** What Assay is told: pushed reports, silences, deployments, hooks. */
import * as z from "zod";
import { requested } from "../../../engine/github/approvals.ts";
import { filters as deploymentFilters, wanted } from "../routes/deployments.ts";
import { argo, flagger } from "../routes/hooks.ts";
import { deploymentStatus } from "../routes/github.ts";
import * as answers from "./schemas.ts";
import { empty, json, type Operation } from "./operation.ts";
import { answered, said } from "../views/push_body.ts";
import { asked as silence, listed } from "../routes/silences.ts";

const SOURCE = "/v1/targets/{target}/checks/{check}/reports/{source}";
const SHA = "0123456789abcdef0123456789abcdef01234567";

/** Operations that tell Assay something, and those that show what it was told. */
export const TOLD: readonly Operation[] = [
  {
    method: "put",
    path: SOURCE,
    id: "pushReport",
    summary: "Send in a claim, in Assay's words or as an answer in any dialect",
    tag: "reports",
    entry: "report",
    body: {
      schema: z.union([said, answered]),
      example: { state: "ready", seq: 1767225600000, at: 1767225600000, ttl: "90s" },
    },
    answers: { 200: json("What is kept", answers.pushed) },
    problems: [400, 404, 409, 413],
  },
  {
    method: "get",
    path: SOURCE,
    id: "getReport",
    summary: "What a source claims now",
    tag: "reports",
    entry: "read",
    answers: { 200: json("The claim", answers.pushed) },
    problems: [404],
  },
  {
    method: "delete",
    path: SOURCE,
    id: "withdrawReport",
    summary: "Withdraw a claim",
    tag: "reports",
    entry: "report",
    answers: { 204: empty("It is withdrawn, or there was none") },
    problems: [404, 409],
  },
  {
    method: "post",
    path: "/v1/silences",
    id: "createSilence",
    summary: "Hold notices for a time; probing goes on",
    tag: "silences",
    entry: "operate",
    body: {
      schema: silence,
      example: { match: { target: "shop" }, until: "2h", reason: "the database moves" },
    },
    answers: { 201: json("The silence", answers.silence) },
    problems: [400, 409, 413],
  },
  {
    method: "get",
    path: "/v1/silences",
    id: "listSilences",
    summary: "Silences that stand or are to come",
    tag: "silences",
    entry: "read",
    query: listed,
    answers: { 200: json("The silences", answers.silences) },
    problems: [400],
  },
  {
    method: "delete",
    path: "/v1/silences/{id}",
    id: "endSilence",
    summary: "End a silence now",
    tag: "silences",
    entry: "operate",
    answers: { 204: empty("It is over") },
    problems: [404, 409],
  },
  {
    method: "post",
    path: "/v1/deployments",
    id: "recordDeployment",
    summary: "Record a deployment: gates count evidence from it on",
    tag: "deployments",
    entry: "operate",
    body: { schema: wanted, example: { target: "shop", version: "1.4.2", environment: "production" } },
    answers: { 201: json("The deployment", answers.deployment) },
    problems: [400, 404, 413],
  },
  {
    method: "get",
    path: "/v1/deployments",
    id: "listDeployments",
    summary: "Deployments of one target, newest first",
    tag: "deployments",
    entry: "read",
    query: deploymentFilters,
    answers: { 200: json("One page", answers.deploymentPage) },
    problems: [400, 404],
  },
  {
    method: "post",
    path: "/v1/events/flagger",
    id: "hearFlagger",
    summary: "Flagger's event webhook; the token in the header or in metadata.token",
    tag: "deployments",
    entry: "elsewhere",
    body: {
      schema: flagger,
      example: { name: "shop", namespace: "prod", phase: "Progressing", checksum: "5f4dcc3b5" },
    },
    answers: { 200: json("Whether it began a rollout", answers.recorded) },
    problems: [400, 404, 413],
  },
  {
    method: "post",
    path: "/v1/events/argo",
    id: "hearArgo",
    summary: "A notification of Argo CD, in the shape of our template",
    tag: "deployments",
    entry: "operate",
    body: { schema: argo, example: { target: "shop", revision: "1a2b3c", phase: "Succeeded" } },
    answers: { 200: json("Whether it finished a rollout", answers.recorded) },
    problems: [400, 404, 413],
  },
  {
    method: "post",
    path: "/v1/events/github",
    id: "hearGitHub",
    summary: "GitHub's deployment_status and deployment_protection_rule, by their signature",
    tag: "deployments",
    entry: "signature",
    headers: {
      "x-hub-signature-256": "sha256= and the HMAC of the body",
      "x-github-event": "deployment_status, deployment_protection_rule; others are passed over",
    },
    body: {
      schema: z.union([deploymentStatus, requested]),
      example: {
        deployment_status: { state: "success", created_at: "2026-01-01T00:00:00Z" },
        deployment: { sha: SHA, environment: "production" },
        repository: { full_name: "acme/shop" },
      },
    },
    answers: {
      200: json("Whether it finished a rollout", answers.recorded),
      202: json("The rule is answered when its gate has decided", answers.pending),
    },
    problems: [400, 404, 413],
  },
];
