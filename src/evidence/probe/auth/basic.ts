// @ts-types="../../../base/std.d.ts"
import { encodeBase64 } from "@std/encoding/base64";
import * as z from "../../../base/zod.ts";
import type { Template } from "../../../config/expression/mod.ts";
import { withHeader } from "../../../base/http/client.ts";
import type { AuthKind } from "../step_kind.ts";

const grammar = (fields: Parameters<AuthKind["schema"]>[0]) =>
  fields.map({
    user: z.string().check(z.minLength(1), z.describe("May hold {{ expr }} and ${env:NAME}.")),
    password: fields.secret().check(z.describe("By reference.")),
  });

/** Name and password (RFC 7617), in UTF-8. */
export const basicAuth: AuthKind<{ user: Template; password: Template }> = {
  kind: "basic",
  schema: grammar,
  read(draft, { path, captures, compiler }) {
    const { user = "", password = "" } = draft as Partial<z.infer<ReturnType<typeof grammar>>>;
    return {
      user: compiler.template(user, captures, [...path, "user"]),
      password: compiler.template(password, captures, [...path, "password"]),
    };
  },
  authorize(request, { user, password }, { fill, hide }) {
    const credentials = encodeBase64(`${fill(user)}:${fill(password)}`);
    hide(credentials);
    return Promise.resolve({
      kind: "request",
      request: withHeader(request, "authorization", `Basic ${credentials}`),
    });
  },
};
