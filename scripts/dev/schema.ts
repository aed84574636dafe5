/** Writes schema/: the JSON Schemas, and what Cloudflare serves in front of the Worker. `deno task schema` */
import { createHash } from "node:crypto";
import { KINDS } from "../../functions/deno/kinds.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { openapi } from "../../src/web/api/openapi/document.ts";
import { eventsSchema } from "../../src/engine/notify/event.ts";
import { SCRIPT } from "../../src/web/page/script.ts";
import { STYLE } from "../../src/web/page/style.ts";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
const marks = { style: hashOf(STYLE), script: hashOf(SCRIPT) };

const grammar = json(jsonSchema(KINDS));

const FILES = {
  "schema/assay.schema.json": grammar,
  "src/config/grammar.json": json({ mark: hashOf(grammar) }),
  "schema/events.schema.json": json(eventsSchema()),
  "schema/v1/openapi.json": json(openapi()),
  [`schema/assets/page.${marks.style}.css`]: STYLE,
  [`schema/assets/page.${marks.script}.js`]: SCRIPT,
  "src/web/page/marks.json": json(marks),
};

const root = new URL("../../", import.meta.url);
await Deno.remove(new URL("schema/assets", root), { recursive: true });
await Deno.mkdir(new URL("schema/assets", root));
for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(new URL(name, root), text);
