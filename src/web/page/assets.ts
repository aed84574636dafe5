import hashes from "./asset_hashes.json" with { type: "json" };

/**
 * Paths of the style sheet and the script. They change with the content (`deno task schema` writes the
 * hashes).
 */
export const STYLE_PATH = `/assets/page.${hashes.style}.css`;
export const SCRIPT_PATH = `/assets/page.${hashes.script}.js`;
