import { fileURLToPath } from "node:url";

const STUBS = fileURLToPath(new URL("../../functions/cloudflare/absent.ts", import.meta.url));

/** Modules that few configs need, and what stands in a compiled config that needs them. */
const RARE: [module: string, needed: RegExp][] = [
  ["#upstash", /"upstash":/],
  ["#github", /"github":/],
  ["croner", /"cron":/],
  ["aws4fetch", /"aws":/],
];

/** wrangler arguments that keep out of the bundle what this compiled config (JSON) does without: up to 36 KB gzipped. */
export const stubAliases = (compiled: string): string[] =>
  RARE.filter(([, needed]) => !needed.test(compiled)).flatMap((
    [module],
  ) => ["--alias", `${module}:${STUBS}`]);
