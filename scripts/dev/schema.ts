/**
 * Writes the JSON Schemas and the OpenAPI document in schema/, and docs/configuration.md. Part of `deno task
 * schema`.
 */
import { KINDS } from "../../functions/deno/kinds.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { openapi } from "../../src/web/api/openapi/document.ts";
import { eventsSchema } from "../../src/engine/notify/event.ts";
import { shortHash } from "./embed.ts";
import { CONFIGS, configurationPage } from "./reference.ts";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const grammar = json(jsonSchema(KINDS));

const FILES = {
  "schema/assay.schema.json": grammar,
  "src/config/grammar.json": json({ mark: shortHash(grammar) }),
  "schema/events.schema.json": json(eventsSchema()),
  "schema/v1/openapi.json": json(openapi()),
};

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));
for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(new URL(name, root), text);

const page = configurationPage(jsonSchema(KINDS), await Promise.all(CONFIGS.map(read)));
await Deno.writeTextFile(new URL("docs/configuration.md", root), page);
await new Deno.Command(Deno.execPath(), {
  args: ["fmt", "--quiet", new URL("docs/configuration.md", root).pathname],
}).output();
