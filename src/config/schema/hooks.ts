import { duration, id, list, map, reference, text, words } from "./fields.ts";

const rule = map({
  repository: text(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, "a repository: owner/name"),
  environment: words().optional().describe("Only deployments to it. Default: all."),
  target: id().describe("The target that is deployed."),
});

const app = map({
  id: text(/^[A-Za-z0-9.]{1,40}$/, "the app's id or client id").describe("The app's id or client id."),
  key: reference().describe("Its private key, PEM."),
});

/** The grammar of `hooks`. */
export const hooksGrammar = map({
  github: map({
    secret: reference().describe("Secret of the webhook; its signature is checked."),
    rules: list(rule, 1_000).describe("Which deployments are about which target."),
    app: app.optional().describe("A GitHub App that answers deployment protection rules."),
    api: text(/^https:\/\/[^\s?#]+$/, "an https URL").optional()
      .meta({ description: "GitHub's API.", default: "https://api.github.com" }),
    deadline: duration("1m", "30d").optional()
      .meta({ description: "A protection rule that is open for longer is rejected.", default: "30m" }),
  }).optional().describe("POST /v1/events/github."),
});
