/** The platforms a config can run on. */
export type Runtime = "deno" | "deno-deploy" | "cloudflare";

/** Their names in sentences. */
export const RUNTIMES: Record<Runtime, string> = {
  "deno": "Deno",
  "deno-deploy": "Deno Deploy",
  "cloudflare": "Cloudflare",
};
