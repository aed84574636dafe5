import * as z from "../../base/zod.ts";
import type { Ports } from "../../base/ports.ts";
import type { RecordStore } from "../store.ts";
import { messageOf } from "../../base/error_message.ts";
import { MAX_TOKENS } from "../../config/schema/token_scopes.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";

/** Last-used times are forgotten after this long. */
const KEPT_MS = 400 * DAY_MS;

const useShape = z.object({ at: z.int() });

/** When each token was last used, to the hour. */
export interface TokenUses {
  /** Stores a use: at most one per token and hour of the clock, over all processes. Never fails. */
  record(key: string): void;
  /** First use (epoch ms) in the last hour in which a token was used, by key. */
  lastUses(): Promise<Map<string, number>>;
}

/** Token uses in a store. */
export function tokenUses({ clock, log, secrets }: Ports, store: RecordStore): TokenUses {
  const dueAt = new Map<string, number>();
  return {
    record(key) {
      const nowMs = clock.now();
      if (nowMs < (dueAt.get(key) ?? 0)) return;
      const hour = Math.floor(nowMs / HOUR_MS);
      dueAt.set(key, (hour + 1) * HOUR_MS);
      // Not awaited, so that a slow store does not delay the response. SQLite writes before `putRecord`
      // returns, so a sleeping object or process loses nothing. If another store loses a use, the next one is
      // recorded.
      store.putRecord({
        kind: "use",
        key,
        order: hour,
        value: JSON.stringify({ at: nowMs }),
        expiresAt: nowMs + KEPT_MS,
      }).catch((error) => {
        dueAt.set(key, nowMs + MINUTE_MS);
        log.warn("cannot store the last use of a token", { error: secrets.redact(messageOf(error)) });
      });
    },
    async lastUses() {
      const records = await store.listRecords({ kind: "use", limit: 10 * MAX_TOKENS });
      return new Map(records.map(({ key, value }) => [key, useShape.parse(JSON.parse(value)).at]));
    },
  };
}
