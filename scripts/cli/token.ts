import { Command } from "commander";
import { tokenGrammar } from "../../src/config/schema/api.ts";
import { DURATION, parseDuration } from "../../src/config/schema/duration.ts";
import { iso } from "../../src/base/time.ts";
import { fail, printResult, unknownText, USAGE } from "./terminal.ts";
import { TOKEN_SCOPES } from "../../src/config/schema/token_scopes.ts";
// @ts-types="../../src/base/std.d.ts"
import { encodeBase64Url } from "@std/encoding/base64url";

/** The options of `assay token create`. */
interface Options {
  id: string;
  scope: string[];
  target?: string[];
  expires?: string;
  json?: boolean;
}

const collect = (value: string, before: string[] = []) => [...before, ...value.split(",")];

const create = new Command("create")
  .description("Create a token, and print it with its row for the config. It is not stored. Exit 0, 3 usage.")
  .exitOverride()
  .requiredOption("--id <id>", "the token's name; reuse an older token's name to rotate it")
  .requiredOption(
    "--scope <scope>",
    `what it allows; may be repeated: ${TOKEN_SCOPES.join(", ")}`,
    collect,
  )
  .option("--target <glob>", "the targets it is valid for; may be repeated (default: all)", collect)
  .option("--expires <when>", "when it expires: 90d, 2027-01-31 or an RFC 3339 time")
  .option("--json", "print JSON")
  .action(async ({ id, scope: scopes, target: targets, expires, json }: Options) => {
    const token = `assay_${encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    const hash = `sha256:${encodeBase64Url(new Uint8Array(digest))}`;
    const row = {
      id,
      hash,
      scopes,
      ...(targets && { targets }),
      ...(expires && { expires: expiryOf(expires) }),
    };
    const read = tokenGrammar.safeParse(row);
    const odd = scopes.find((scope) => !(TOKEN_SCOPES as readonly string[]).includes(scope));
    if (odd !== undefined) fail(USAGE, unknownText("No scope is named", odd, TOKEN_SCOPES));
    if (!read.success) {
      fail(USAGE, read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
    }
    if (targets && scopes.includes("admin")) {
      fail(USAGE, "An admin token is valid for all targets: leave out --target");
    }
    printResult(
      { json, value: { token, row: read.data } },
      [token, "", ...configSnippet(read.data)].join("\n"),
    );
  });

/** `assay token`: creates API tokens. */
export const tokenCommand = new Command("token").description("Create API tokens").exitOverride().addCommand(
  create,
);

/** The row as a YAML flow map, with values in JSON. */
function configSnippet(row: Record<string, unknown>): string[] {
  const fields = Object.entries(row).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [
    "# The token is shown only once. Add this to the config, below api:",
    "tokens:",
    `  - { ${fields.join(", ")} }`,
  ];
}

/** Turns a duration such as `90d` into a time from now; returns anything else unchanged. */
function expiryOf(expires: string): string {
  if (!DURATION.test(expires)) return expires;
  return iso(Date.now() + parseDuration(expires)).replace(/\.\d+Z$/, "Z");
}
