import marks from "./marks.json" with { type: "json" };

/** Where the style sheet and the script are: names that change with the content (`deno task schema` marks them). */
export const STYLE_PATH = `/assets/page.${marks.style}.css`;
export const SCRIPT_PATH = `/assets/page.${marks.script}.js`;
