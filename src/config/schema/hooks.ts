import * as z from "../../base/zod.ts";
import { duration, id, list, map, reference, text, words } from "./fields.ts";

const rule = map({
  repository: text(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, "a repository: owner/name"),
  environment: z.optional(words()).check(z.describe("Only deployments to this environment. Default: all.")),
  target: id().check(z.describe("The target they deploy.")),
});

const app = map({
  id: text(/^[A-Za-z0-9.]{1,40}$/, "the app's id or client id").check(
    z.describe("The app's id or client id."),
  ),
  key: reference().check(z.describe("The app's private key, PEM.")),
});

/** The grammar of `hooks`. */
export const hooksGrammar = map({
  github: z.optional(map({
    secret: reference().check(z.describe("Secret of the webhook; its signature is checked.")),
    rules: list(rule, 1_000).check(z.describe("Maps deployments to targets.")),
    app: z.optional(app).check(z.describe("A GitHub App that answers deployment protection rules.")),
    api: z.optional(text(/^https:\/\/[^\s?#]+$/, "an https URL")).check(
      z.meta({ description: "GitHub's API.", default: "https://api.github.com" }),
    ),
    deadline: z.optional(duration("1m", "30d")).check(
      z.meta({ description: "Rejects a protection rule that is open for longer.", default: "30m" }),
    ),
  })).check(z.describe("Deployments from GitHub, received at POST /v1/events/github.")),
});
