/** Static files of our own server. On Cloudflare the platform serves them from schema/. */
import openapi from "../../schema/v1/openapi.json" with { type: "json" };
import { routes } from "../../src/web/api/routes/files.ts";
import { SCRIPT_PATH, STYLE_PATH } from "../../src/web/page/assets.ts";
import { SCRIPT, STYLE } from "../../src/web/page/asset_texts.ts";

/** The OpenAPI document, and the style and script of the pages. */
export const FILES = routes({
  files: [
    { path: "/v1/openapi.json", type: "application/json", text: JSON.stringify(openapi) },
    { path: STYLE_PATH, type: "text/css; charset=utf-8", text: STYLE, isAsset: true },
    { path: SCRIPT_PATH, type: "text/javascript; charset=utf-8", text: SCRIPT, isAsset: true },
  ],
});
