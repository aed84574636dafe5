import { hasReference } from "../../base/secrets.ts";
import type { Secrets } from "../../base/ports.ts";
import type { StepFailure } from "./step_kind.ts";
import type { Scope, Template } from "../../config/expression/mod.ts";

/** A value from the target is missing, or not allowed where the template puts it. */
export class TemplateError extends Error {}

/** The values for templates. */
export interface Filling {
  scope: Scope;
  secrets: Secrets;
}

/** Renders a template with its secrets, to be sent but never stored. Throws `TemplateError`. */
export const fill = (template: Template, filling: Filling): string =>
  filling.secrets.reveal(insert(template, filling, "none"));

/** Like {@linkcode fill}, but returns a step failure instead of throwing. */
export function fillText(template: Template, filling: Filling): string | { failure: StepFailure } {
  try {
    return fill(template, filling);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { failure: { reason: "template", detail: error.message } };
  }
}

/** Like {@linkcode fill}, but keeps references to secrets as they are. */
export function insert(template: Template, { scope }: Filling, encode: "url" | "none"): string {
  if (template.literal) return template.source;
  const rendered = template.render(scope, encode);
  if (!rendered.ok) throw new TemplateError(rendered.detail);
  if (secretsIn(rendered.text) !== secretsIn(template.source)) {
    throw new TemplateError("an inserted value asks for a secret");
  }
  return rendered.text;
}

/**
 * Secrets are revealed after captures are inserted, so a target must not be able to write `${env:NAME}` into
 * one.
 */
function secretsIn(text: string): string {
  return hasReference(text) ? text.match(/\$\{(env|file):[^}]*/g)!.join() : "";
}
