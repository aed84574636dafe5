/** The `hooks` part of a config: tools that report deployments. */
import type * as z from "../base/zod.ts";
import { parseDuration } from "./schema/duration.ts";
import type { hooksGrammar } from "./schema/hooks.ts";
import type { Note } from "./problem.ts";
import type { Draft } from "./validate.ts";

/** Assigns GitHub deployments to a target. */
export interface GitHubRule {
  /** `owner/name`. */
  repository: string;
  /** Absent: every environment. */
  environment?: string;
  target: string;
}

/** Settings of the GitHub webhook. */
export interface GitHubHook {
  /** `${env:NAME}` of the webhook's secret. */
  secret: string;
  rules: GitHubRule[];
  /** The app that answers protection rules; `key` is `${env:NAME}` of its private key, PEM. */
  app?: { id: string; key: string };
  /** URL of its API. */
  api: string;
  /** A protection rule that is pending for longer is rejected, ms. */
  deadlineMs: number;
}

/** Hooks by the tool that calls them. Flagger and Argo CD need only a token. */
export interface HooksConfig {
  github?: GitHubHook;
}

/** Reads hooks and fills in defaults. Reports rules whose target is not in the config. */
export function readHooks(
  hooks: Draft<z.infer<typeof hooksGrammar>> | undefined,
  targets: readonly (string | undefined)[],
  note: Note,
): HooksConfig {
  const { github } = hooks ?? {};
  if (!github) return {};
  const { secret = "", rules = [], app, api = "https://api.github.com", deadline = "30m" } = github;
  const known = rules.flatMap((rule, i): GitHubRule[] => {
    const { repository, environment, target } = rule ?? {};
    if (!repository || !target) return [];
    if (!targets.includes(target)) {
      const path = ["hooks", "github", "rules", i, "target"];
      note({ path, message: "there is no such target", expected: "a target's id", found: target });
    }
    return [{ repository, environment, target }];
  });
  const own = app?.id && app.key ? { id: app.id, key: app.key } : undefined;
  return {
    github: {
      secret,
      rules: known,
      app: own,
      api: api.replace(/\/+$/, ""),
      deadlineMs: parseDuration(deadline),
    },
  };
}
