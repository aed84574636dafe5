import type { Context, MiddlewareHandler } from "hono";
import { problem } from "./problem.ts";

/** Whether the request carries this bearer token. Compares digests, so that the time taken tells nothing. */
export async function bears(c: Context, token: string | undefined): Promise<boolean> {
  const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (!token || !given) return false;
  const [a, b] = await Promise.all([digest(given), digest(token)]);
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

const digest = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** Lets only the bearer of `token` through; without a configured token nobody. */
export function guarded(token: () => string | undefined, where: string): MiddlewareHandler {
  return async (c, next) => {
    const expected = token();
    if (!expected) {
      return problem(
        c,
        "forbidden",
        `Set ${where} in the config; without it only the coarse status is public`,
      );
    }
    if (!await bears(c, expected)) {
      return problem(c, "unauthorized", "Send `authorization: Bearer <token>` with the configured token");
    }
    await next();
  };
}
