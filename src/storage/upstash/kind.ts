import * as z from "../../base/zod.ts";
import type { StoreKind } from "../store_kind.ts";
import { upstashStore } from "./store.ts";

const [URL_NAME, TOKEN_NAME] = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"] as const;

/** A store in an Upstash database, which several deployments may share. */
export const upstashKind: StoreKind = {
  kind: "upstash",
  schema: ({ map }) =>
    map({}).check(z.describe(`Uses ${URL_NAME} and ${TOKEN_NAME}; several deployments may share it.`)),
  variables: [URL_NAME, TOKEN_NAME],
  turns: 1,
  open: (_, { env, clock, random }) =>
    upstashStore({ url: env(URL_NAME) ?? "", token: env(TOKEN_NAME) ?? "", clock, random }),
};
