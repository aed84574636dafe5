/** Writes schema/: the JSON Schemas and the OpenAPI document. `deno task schema` */
import { KINDS } from "../../functions/deno/kinds.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { openapi } from "../../src/web/api/openapi/document.ts";
import { eventsSchema } from "../../src/engine/notify/event.ts";
import { shortHash } from "./embed.ts";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const grammar = json(jsonSchema(KINDS));

const FILES = {
  "schema/assay.schema.json": grammar,
  "src/config/grammar.json": json({ mark: shortHash(grammar) }),
  "schema/events.schema.json": json(eventsSchema()),
  "schema/v1/openapi.json": json(openapi()),
};

const root = new URL("../../", import.meta.url);
for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(new URL(name, root), text);
