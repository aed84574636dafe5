import type { HttpRequest } from "../../base/http/client.ts";
import type { Step } from "../../config/config.ts";
import { Scope } from "../../config/expression/mod.ts";
import { fill, TemplateError } from "./fill.ts";
import type { AskContext, AuthContext, Authorization } from "./step_kind.ts";

/** Authorizes the requests of one attempt. */
export interface Authorizer {
  authorize(request: HttpRequest): Promise<Authorization>;
  /** Call after a 401. Returns whether to authorize and send the request once more. */
  renew(): boolean;
}

/** The authorizer of a step without auth. */
const OPEN: Authorizer = {
  authorize: (request) => Promise.resolve({ kind: "request", request }),
  renew: () => false,
};

/**
 * The authorizer of a step whose first request goes to `first`. The step's own auth is only sent to that
 * origin, and auth inherited from the target only to the target's origin.
 */
export function authorizer({ auth }: Pick<Step, "auth">, first: URL, context: AskContext): Authorizer {
  if (!auth) return OPEN;
  const kind = context.auths.find(({ kind }) => kind === auth.kind);
  if (!kind) throw new Error(`Cannot authorize by ${auth.kind}: this build does not hold it`);
  const { ports: { clock, secrets }, captures, run, hidden } = context;
  const origin = auth.isInherited ? URL.parse(secrets.reveal(context.baseUrl))?.origin : first.origin;
  return {
    async authorize(request) {
      if (request.url.origin !== origin) return { kind: "request", request };
      const now = clock.now();
      const filling = { scope: new Scope({ captures, run, now }), secrets };
      const given: AuthContext = {
        ...context,
        now,
        fill: (template) => fill(template, filling),
        hide: (text) => void hidden.add(text),
      };
      try {
        return await kind.authorize(request, auth.settings, given);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        return { kind: "failure", failure: { reason: "template", detail: error.message } };
      }
    },
    renew: () => kind.renew?.(auth.settings, context) ?? false,
  };
}
