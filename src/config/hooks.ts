/** The `hooks` part of a config: who else may tell Assay of rollouts, and is answered. */
import type * as z from "../base/zod.ts";
import { parseDuration } from "./schema/duration.ts";
import type { hooksGrammar } from "./schema/hooks.ts";
import type { Note } from "./problem.ts";
import type { Draft } from "./validate.ts";

/** Which deployments on GitHub are about a target. */
export interface GitHubRule {
  /** `owner/name`. */
  repository: string;
  /** Absent: every environment. */
  environment?: string;
  target: string;
}

/** What is agreed with GitHub. */
export interface GitHubHook {
  /** `${env:NAME}` of the webhook's secret. */
  secret: string;
  rules: GitHubRule[];
  /** The app that answers protection rules; `key` is `${env:NAME}` of its private key, PEM. */
  app?: { id: string; key: string };
  /** Where its API is. */
  api: string;
  /** A protection rule that is still open after this is rejected; ms. */
  deadlineMs: number;
}

/** Hooks by the tool that calls them; Flagger and Argo CD need no setting but a token. */
export interface HooksConfig {
  github?: GitHubHook;
}

/** The hooks, every default filled in. Notes each rule whose target is not in the config. */
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
