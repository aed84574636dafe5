/** Writes schema/ from the zod schemas: `deno task schema`. */
import { jsonSchema } from "../src/config/schema.ts";
import { openapi } from "../src/api/openapi/document.ts";
import { eventsSchema } from "../src/notify/mod.ts";

const SCHEMAS = {
  "assay.schema.json": jsonSchema,
  "events.schema.json": eventsSchema,
  "v1/openapi.json": openapi,
};

for (const [name, make] of Object.entries(SCHEMAS)) {
  await Deno.writeTextFile(
    new URL(`../schema/${name}`, import.meta.url),
    `${JSON.stringify(make(), null, 2)}\n`,
  );
}
