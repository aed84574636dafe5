/** Holds the document against tools that others keep: a validator, and a generator of TypeScript types. */
import { Validator } from "@seriousme/openapi-schema-validator";
import openapiTS, { astToString } from "openapi-typescript";
import document from "../../../../schema/v1/openapi.json" with { type: "json" };

const validator = new Validator();
const { valid, errors } = await validator.validate(structuredClone(document));
if (!valid) throw new Error(JSON.stringify(errors, null, 2));
const types = astToString(await openapiTS(new URL("../../../../schema/v1/openapi.json", import.meta.url)));
const operations = /export interface operations \{[\s\S]*?^\}/m.exec(types)?.[0] ?? "";
const typed = [...operations.matchAll(/^ {4}(\w+): \{$/gm)].map(([, id]) => id!);
const wanted = Object.values(document.paths).flatMap((path) => Object.values(path)).map(({ operationId }) =>
  operationId
);
const missing = wanted.filter((id) => !typed.includes(id));
if (missing.length > 0) throw new Error(`no types for ${missing.join(", ")}`);
console.log(`valid OpenAPI ${validator.version}, ${wanted.length} operations typed`);
