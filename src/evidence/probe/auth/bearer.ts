import type { Template } from "../../../config/expression/mod.ts";
import { revealHeader } from "../../../base/secrets.ts";
import { withHeader } from "../../../base/http/client.ts";
import type { AuthKind } from "../step_kind.ts";

/** A fixed bearer token (RFC 6750 section 2.1). */
export const bearerAuth: AuthKind<{ token: Template }> = {
  kind: "bearer",
  schema: (fields) => fields.secret(),
  read: (draft, { path, captures, compiler }) => ({
    token: compiler.template(typeof draft === "string" ? draft : "", captures, path),
  }),
  authorize(request, { token }, { fill, hide, ports: { secrets } }) {
    const text = fill(token);
    hide(text);
    const value = revealHeader(secrets, "authorization", `Bearer ${text}`);
    return Promise.resolve({ kind: "request", request: withHeader(request, "authorization", value) });
  },
};
