/** The single writer: settles slots, keeps the store in its own SQLite, answers the API. Its alarm drives the outbox. */
import { DurableObject } from "cloudflare:workers";
import { api } from "../src/api/app.ts";
import type { Config } from "../src/config/config.ts";
import { messageOf } from "../src/exchange.ts";
import { deliver } from "../src/notify/mod.ts";
import type { Fetch, Ports } from "../src/ports.ts";
import { INVOCATION } from "../src/prices.ts";
import { remoteProber } from "../src/remote.ts";
import type { Prober } from "../src/round.ts";
import { settler } from "../src/settle.ts";
import { sqliteStore } from "../src/store/sqlite.ts";
import { boot, type Env, once, planOf } from "./edge.ts";
import { INSIDE, PROBER_HEADER } from "./prober.ts";
import { objectDriver } from "./sql.ts";

const MINUTE_MS = 60_000;
/** The alarm is armed at least this far ahead, so that a broken receiver cannot make it spin. */
const ALARM_MS = 1_000;
/** When the alarm looks again after the store failed. */
const AGAIN_MS = 30_000;
/** Pending notices that are looked at for the next alarm. */
const WAITING = 2_000;

/** One object, named `ledger`. */
export class Ledger extends DurableObject<Env> {
  readonly #assay = once(() => this.#open());
  /** Slots of the running minute that the alarm still has to settle. */
  #agenda: number[] = [];

  /** One cron event. Fired twice, it changes nothing; a missed one leaves a gap that the next slot shows. */
  async tick(scheduledMs: number): Promise<void> {
    const { begin, settle, outbox } = await this.#assay();
    const agenda = await begin(Math.floor(scheduledMs / MINUTE_MS) * MINUTE_MS);
    if (!agenda) return;
    const now = Date.now();
    this.#agenda = agenda.filter((slot) => slot > now);
    await this.#arm();
    await Promise.all(agenda.filter((slot) => slot <= now).map(settle));
    await outbox();
    await this.#arm();
  }

  /** Always arms again: an alarm that throws is retried six times and then dropped. */
  override async alarm(): Promise<void> {
    try {
      const { settle, outbox } = await this.#assay();
      const now = Date.now();
      const due = this.#agenda.filter((slot) => slot <= now);
      this.#agenda = this.#agenda.filter((slot) => slot > now);
      await Promise.all(due.map(settle));
      await outbox();
    } catch (error) {
      console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
    } finally {
      await this.#arm();
    }
  }

  override async fetch(request: Request): Promise<Response> {
    return await (await this.#assay()).app.fetch(request);
  }

  async #open() {
    const { config, ports } = await boot(this.env);
    const store = sqliteStore(objectDriver(this.ctx.storage));
    const { begin, settle } = settler({
      ports,
      store,
      config,
      probers: probers(ports, config, this.env),
      owner: crypto.randomUUID(),
    });
    // The other half is for the probers; what is left over waits for the alarm.
    const most = Math.floor(INVOCATION[planOf(this.env)].subrequests / 2);
    const outbox = () => deliver(ports, store, config, { most });
    return { ports, store, begin, settle, outbox, app: api({ ports, config, store }) };
  }

  /** For the next slot below a minute, or the next notice that is due; none if there is nothing to wait for. */
  async #arm(): Promise<void> {
    const times = [...this.#agenda, ...await this.#waiting()];
    if (times.length === 0) return;
    await this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + ALARM_MS));
  }

  /** When the pending notices are due; soon, if that cannot be known. */
  async #waiting(): Promise<number[]> {
    try {
      const { store } = await this.#assay();
      const times: number[] = [];
      let before: string | undefined;
      do {
        const { items, next } = await store.deliveries({ state: "pending", limit: 200, before });
        times.push(...items.map(({ nextAt }) => nextAt));
        before = next ?? undefined;
      } while (before && times.length < WAITING);
      return times;
    } catch (error) {
      console.error({ level: "error", message: "the outbox cannot be read", error: messageOf(error) });
      return [Date.now() + AGAIN_MS];
    }
  }
}

/** Something that answers requests: a Durable Object, or a Worker behind a service binding. */
interface Answerer {
  fetch(request: Request): Promise<Response>;
}

/** What the ledger needs of a Durable Object namespace. */
interface Objects {
  getByName(name: string, options: { locationHint: string }): Answerer;
}

/** Places are Durable Objects; the others are asked by service binding `PROBER_<ID>` if there is one, else over HTTP. */
function probers(ports: Ports, config: Config, env: Env): Prober[] {
  return config.regions.flatMap((region) => region.probers).map((prober) => {
    if (prober.kind === "local") {
      throw new Error(`Prober ${prober.id} is this process, which Cloudflare has none of`);
    }
    if (prober.kind === "remote") {
      const bound = env[`PROBER_${prober.id.toUpperCase().replaceAll("-", "_")}`] as Answerer | undefined;
      return remoteProber(bound ? { ...ports, fetch: over(() => bound) } : ports, prober);
    }
    const { id, place, generation } = prober;
    // The hint counts only at the first call for a name, and objects never move: so the name says it, and the generation.
    const object = () =>
      (env.PROBER as Objects).getByName(`prober:${place}:${generation}`, { locationHint: place });
    return remoteProber({ ...ports, fetch: over(object, id) }, { id, url: "http://prober", token: INSIDE });
  });
}

/** The Fetch port over a stub; an object that broke needs a new stub, so it is asked for each time. */
function over(answerer: () => Answerer, prober?: string): Fetch {
  return (url, { headers, ...outgoing }) => {
    const named = prober === undefined ? headers : { ...headers, [PROBER_HEADER]: prober };
    return answerer().fetch(new Request(url, { ...outgoing, headers: named, redirect: "manual" }));
  };
}
