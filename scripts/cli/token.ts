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
  .description("Make a token and print it, once, with the row for the config. Exit 0, 3 usage.")
  .exitOverride()
  .requiredOption("--id <id>", "its name; the same as an older one's for a rotation")
  .requiredOption(
    "--scope <scope>",
    `what it is good for, again for more: ${TOKEN_SCOPES.join(", ")}`,
    collect,
  )
  .option("--target <glob>", "the targets it is good for, again for more; all without", collect)
  .option("--expires <when>", "refused afterwards: 90d, 2027-01-31 or an instant")
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
      fail(USAGE, "An admin token is good for all targets: leave --target out");
    }
    printResult(
      { json, value: { token, row: read.data } },
      [token, "", ...configSnippet(read.data)].join("\n"),
    );
  });

/** `assay token`: tokens of the API. */
export const tokenCommand = new Command("token").description("Tokens of the API").exitOverride().addCommand(
  create,
);

/** The row as YAML; a flow map of JSON texts is YAML. */
function configSnippet(row: Record<string, unknown>): string[] {
  const fields = Object.entries(row).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [
    "# It is shown this once. Into the config, below api:",
    "tokens:",
    `  - { ${fields.join(", ")} }`,
  ];
}

/** `90d` from now as a date; anything else as it stands. */
function expiryOf(expires: string): string {
  if (!DURATION.test(expires)) return expires;
  return iso(Date.now() + parseDuration(expires)).replace(/\.\d+Z$/, "Z");
}
