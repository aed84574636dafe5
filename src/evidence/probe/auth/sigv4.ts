import { AwsV4Signer } from "aws4fetch";
import * as z from "../../../base/zod.ts";
import type { Template } from "../../../config/expression/mod.ts";
import { iso } from "../../../base/time.ts";
import type { AuthKind } from "../step_kind.ts";

const grammar = ({ map, secret, text }: Parameters<AuthKind["schema"]>[0]) =>
  map({
    region: text(/^[a-z0-9-]+$/, "a region, such as eu-central-1"),
    service: text(/^[a-z0-9-]+$/, "a service, such as execute-api or s3"),
    accessKeyId: secret().check(z.describe("By reference.")),
    secretAccessKey: secret().check(z.describe("By reference.")),
    sessionToken: z.optional(secret()).check(z.describe("For temporary keys.")),
  });

interface Settings {
  region: string;
  service: string;
  accessKeyId: Template;
  secretAccessKey: Template;
  sessionToken?: Template;
}

/** AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests"). */
export const sigv4Auth: AuthKind<Settings> = {
  kind: "sigv4",
  schema: grammar,
  read(draft, { path, captures, compiler }) {
    const { region = "", service = "", ...keys } = draft as Partial<z.infer<ReturnType<typeof grammar>>>;
    const key = (name: "accessKeyId" | "secretAccessKey" | "sessionToken") =>
      compiler.template(keys[name] ?? "", captures, [...path, name]);
    return {
      region,
      service,
      accessKeyId: key("accessKeyId"),
      secretAccessKey: key("secretAccessKey"),
      sessionToken: keys.sessionToken === undefined ? undefined : key("sessionToken"),
    };
  },
  async authorize(request, { region, service, ...keys }, { fill, now }) {
    const { url, method, headers, body } = request;
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers,
      body,
      region,
      service,
      accessKeyId: fill(keys.accessKeyId),
      secretAccessKey: fill(keys.secretAccessKey),
      sessionToken: keys.sessionToken && fill(keys.sessionToken),
      datetime: iso(now).replace(/[:-]|\.\d{3}/g, ""),
    });
    const signed = await signer.sign();
    return {
      kind: "request",
      request: { ...request, url: new URL(signed.url), headers: Object.fromEntries(signed.headers) },
    };
  },
};
