/** What a config can be run on. */
export type Runtime = "deno" | "deno-deploy" | "cloudflare";

/** As a sentence names them. */
export const RUNTIMES: Record<Runtime, string> = {
  "deno": "Deno",
  "deno-deploy": "Deno Deploy",
  "cloudflare": "Cloudflare",
};
