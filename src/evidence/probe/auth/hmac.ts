// @ts-types="../../../base/std.d.ts"
import { encodeBase64 } from "@std/encoding/base64";
// @ts-types="../../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";
import * as z from "../../../base/zod.ts";
import { type HttpRequest, withHeader } from "../../../base/http/client.ts";
import { type Facts, type Program, Scope, type Template, Unmet } from "../../../config/expression/mod.ts";
import type { AuthContext, AuthKind } from "../step_kind.ts";
import { TemplateError } from "../fill.ts";

const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha512: "SHA-512" } as const;
const ENCODINGS = { hex: encodeHex, base64: encodeBase64 };

type Hash = keyof typeof HASHES;

const SHAPE = {
  scope: { method: "string", path: "string", url: "string", body: "string" },
  hostile: [],
};

const grammar = ({ map, secret, text }: Parameters<AuthKind["schema"]>[0]) =>
  map({
    secret: secret().check(z.describe("The shared key, by reference.")),
    algorithm: z.optional(z.enum(Object.keys(HASHES) as [Hash])).check(
      z.meta({ description: "The hash.", default: "sha256" }),
    ),
    text: z.optional(z.string().check(z.minLength(1))).check(z.meta({
      description: "The signed text: CEL over method, path (with query), url, body, captures, run and now.",
      default: "body",
    })),
    encoding: z.optional(z.enum(["hex", "base64"])).check(
      z.meta({ description: "Encoding of the signature.", default: "hex" }),
    ),
    header: z.optional(text(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name")).check(
      z.meta({ description: "The header that holds it.", default: "x-signature" }),
    ),
    prefix: z.optional(z.string()).check(z.describe("A prefix, such as sha256=.")),
    timestampHeader: z.optional(text(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name")).check(
      z.describe("A header that holds int(now), seconds since 1970."),
    ),
  });

interface Settings {
  secret: Template;
  algorithm: Hash;
  text?: Program;
  encoding: keyof typeof ENCODINGS;
  header: string;
  prefix: string;
  timestampHeader?: string;
}

/** The request to sign, as CEL variables. */
class RequestScope extends Scope {
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, facts: Facts) {
    super(facts);
    this.#request = request;
  }
  get method() {
    return this.#request.method;
  }
  get path() {
    return this.#request.url.pathname + this.#request.url.search;
  }
  get url() {
    return this.#request.url.href;
  }
  get body() {
    const { body = "" } = this.#request;
    if (typeof body === "string") return body;
    throw new Unmet("type", "the body is no text");
  }
}

/** A signature with a shared key (RFC 2104) over parts of the request that the service chooses. */
export const hmacAuth: AuthKind<Settings> = {
  kind: "hmac",
  schema: grammar,
  read(draft, { path, captures, compiler }) {
    const { secret = "", text = "body", algorithm = "sha256", encoding = "hex", ...rest } = draft as Partial<
      z.infer<ReturnType<typeof grammar>>
    >;
    const { header = "x-signature", prefix = "", timestampHeader } = rest;
    const [program] = compiler.over(SHAPE).program(text, captures, [...path, "text"]);
    return {
      secret: compiler.template(secret, captures, [...path, "secret"]),
      algorithm,
      text: program,
      encoding,
      header: header.toLowerCase(),
      prefix,
      timestampHeader: timestampHeader?.toLowerCase(),
    };
  },
  async authorize(request, settings, context) {
    const signature = await sign(request, settings, context);
    const { header, prefix, timestampHeader } = settings;
    const signed = withHeader(request, header, prefix + signature);
    const seconds = String(Math.floor(context.now / 1000));
    return {
      kind: "request",
      request: timestampHeader ? withHeader(signed, timestampHeader, seconds) : signed,
    };
  },
};

async function sign(
  request: HttpRequest,
  { secret, algorithm, text, encoding }: Settings,
  { fill, captures, run, now }: AuthContext,
): Promise<string> {
  const signed = text?.run(new RequestScope(request, { captures, run, now }));
  if (!signed?.ok) throw new TemplateError(`nothing to sign: ${signed?.detail}`);
  const utf8 = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    utf8.encode(fill(secret)),
    { name: "HMAC", hash: HASHES[algorithm] },
    false,
    ["sign"],
  );
  const bytes = await crypto.subtle.sign("HMAC", key, utf8.encode(String(signed.value)));
  return ENCODINGS[encoding](new Uint8Array(bytes));
}
