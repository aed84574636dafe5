import hashes from "./asset_hashes.json" with { type: "json" };

/** Where the style sheet and the script are: names that change with the content (`deno task schema` writes their hashes). */
export const STYLE_PATH = `/assets/page.${hashes.style}.css`;
export const SCRIPT_PATH = `/assets/page.${hashes.script}.js`;
