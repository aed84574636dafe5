/**
 * A store in Upstash Redis, for several deployments without a shared disk. A tick takes two requests and four
 * commands, whatever the number of checks: HSETNX takes the lease, and one script with two calls commits. The
 * settler knows the states that it committed last, so it need not read them.
 */
import * as z from "../../base/zod.ts";
import type { Random } from "../../base/ports.ts";
import { validateShape } from "../schema.ts";
import { type OutboxStore, RECORD_KINDS, type Store, type StoreUpkeep } from "../store.ts";
import { Commands, type UpstashOptions } from "./client.ts";
import { upstashHistory } from "./history.ts";
import { upstashIncidents } from "./incidents.ts";
import { Leases } from "./lease.ts";
import { PRUNE_SCRIPT } from "./lua.ts";
import { Outbox } from "./outbox.ts";
import { Reader } from "./reader.ts";
import { upstashRecords } from "./records.ts";
import { UpstashStates } from "./states.ts";
import { type Keys, keysOf } from "./values.ts";

/** Options of a store. `prefix` separates stores that share a database. */
export interface StoreOptions extends UpstashOptions {
  random: Random;
  prefix?: string;
}

/** A store over an Upstash database. Sends nothing before the first call. */
export function upstashStore({ random, prefix = "assay", ...options }: StoreOptions): Store {
  const commands = new Commands(options);
  const keys = keysOf(prefix);
  const reader = new Reader(commands);
  const leases = new Leases(commands, keys, random);
  const outbox = new Outbox(commands, reader, keys);
  const states = new UpstashStates({ commands, reader, keys, leases, outbox });
  return {
    takeLease: (request) => leases.take(request),
    releaseLease: (lease) => leases.release(lease),
    readShards: (shards, lease) => states.readShards(shards, lease),
    commit: (lease, commit) => states.commit(lease, commit),
    latest: () => states.latest(),
    ...deliveriesOf(outbox),
    ...upstashIncidents(reader, keys),
    ...upstashHistory(commands, reader, keys),
    ...upstashRecords(commands, reader, keys),
    ...upkeepOf(commands, keys),
  };
}

const deliveriesOf = (outbox: Outbox): OutboxStore => ({
  claimDeliveries: (request) => outbox.claimDeliveries(request),
  nextDelivery: (nowMs) => outbox.nextDelivery(nowMs),
  enqueue: (notices) => outbox.enqueue(notices),
  recordAttempt: (ids, receipt, wakes) => outbox.recordAttempt(ids, receipt, wakes),
  wakeDeliveries: (request) => outbox.wakeDeliveries(request),
  resend: (id, nowMs) => outbox.resend(id, nowMs),
  listDisabledWebhooks: () => outbox.listDisabledWebhooks(),
  disableWebhook: (webhook, atMs) => outbox.disableWebhook(webhook, atMs),
  listDeliveries: (query) => outbox.listDeliveries(query),
});

const upkeepOf = (commands: Commands, keys: Keys): StoreUpkeep => ({
  async prune({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }) {
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, rollups, records } = keys;
    const fixed = [now, incidents, opened, resolved, notices, order, pending, deliveries, rollups];
    const cutoffs = [rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs].map(String);
    const answer = await commands.run(PRUNE_SCRIPT, [...fixed, ...RECORD_KINDS.map(records)], cutoffs);
    return validateShape(z.int(), answer, "the answer to prune");
  },
  checkWritable: async () => void await commands.ask(["SET", keys.probe, "1"]),
  close: () => Promise.resolve(),
});
