/**
 * Delivers the outbox.
 *
 *     wake a failing sink's oldest notice -> drop unneeded -> claim -> attempt (attempt.ts) -> receipt -> claim again
 *
 * If a receipt is lost, the notice stays hidden until its claim expires, then is sent again with the same id
 * and body.
 */
import type { Config } from "../../config/config.ts";
import { pause, type Ports } from "../../base/ports.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import type { Delivery } from "../../storage/store.ts";
import { attempt, type DeliveryContext, type DeliveryStore, putOff } from "./attempt.ts";
import { silenceSource } from "../../storage/records/maintenance.ts";
import type { linkAdder } from "./acknowledge_link.ts";
import type { GroupingModule } from "./grouping.ts";
import type { applyQuietHours } from "./quiet.ts";
import type { Timely } from "./timely.ts";
import { silenceReader } from "./silencing.ts";
import { Lanes } from "./lanes.ts";
import { Pace } from "./pace.ts";
import { Progress } from "./progress.ts";
import { dropUnneeded } from "./replace.ts";
import { findSink, type Sink } from "./sink.ts";
import { SinkHealth } from "./sink_health.ts";
import { MINUTE_MS, SECOND_MS } from "../../base/time.ts";

/** Sinks and limits of a deliverer; times in ms. */
export interface DelivererOptions {
  /** Must include every kind the config names. */
  sinks: readonly Sink[];
  /** Needed if routes escalate or remind. */
  timely?: Timely;
  /** Needed if routes have quiet hours. */
  applyQuietHours?: typeof applyQuietHours;
  /** Needed if the config groups incidents. */
  grouping?: GroupingModule;
  /** Adds links to acknowledge incidents; needs a public URL. */
  linkAdder?: typeof linkAdder;
  /** Concurrent attempts over all webhooks. Default: no limit. */
  parallel?: number;
  /** Deadline of one attempt, including the response body. */
  deadlineMs?: number;
  /** How long a claim hides a notice; must exceed `deadlineMs`. */
  leaseMs?: number;
}

/** Limits of one call. */
export interface CallOptions {
  /** The most notices one call claims, where the runtime limits the requests of a call. */
  most?: number;
  /** Stops further claims when aborted; running attempts finish. */
  signal?: AbortSignal;
}

/** Options of a deliverer that is called once. */
export type DeliverOptions = DelivererOptions & CallOptions;

/**
 * Sends due notices until none is left and returns the number of attempts. Rejects only if the store fails or
 * no notice has moved for two minutes. A concurrent call only fills lanes that are free.
 */
export interface Deliverer {
  (bounds?: CallOptions): Promise<number>;
  /** Why delivery is stuck; undefined if it works or has nothing to send. */
  fault(): string | undefined;
  /** Which webhooks have failed for minutes, for an incident of Assay's own. */
  sighting(): Promise<Pick<OwnSighting, "cause" | "isIdle">>;
}

/** The longest wait inside a lane for the receiver's rate limit; a longer one postpones the notice. */
const PATIENCE_MS = 3 * SECOND_MS;

/** Creates a deliverer and calls it once. */
export function deliver(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  options: DeliverOptions,
): Promise<number> {
  return deliverer(ports, store, config, options)(options);
}

/**
 * A deliverer over one store. Its calls share the lanes of each webhook, so a hanging receiver does not hold
 * up the others.
 */
export function deliverer(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  {
    sinks,
    timely,
    applyQuietHours,
    grouping,
    linkAdder,
    parallel = Infinity,
    deadlineMs = 15_000,
    leaseMs = MINUTE_MS,
  }: DelivererOptions,
): Deliverer {
  const progress = new Progress(ports.clock);
  // A second lane would claim notices that belong in the first lane's message.
  const isSerial = (id: string) =>
    grouping !== undefined && kindOf.has(id) && grouping.mayGroup(kindOf.get(id)!, config.routes);
  const begin = () => new Lanes(parallel, isSerial);
  let lanes = begin();
  const readSilences = silenceSource(config, store);
  const addLink = linkAdder?.(ports, store, config.publicUrl) ?? ((event) => Promise.resolve(event));
  const health = new SinkHealth({ ports, store, config, sinks, leaseMs });
  const underWay = new Set<string>();
  const kindOf = new Map(config.webhooks.map(({ id, kind }) => [id, findSink(sinks, kind)]));
  const known = new Set(config.webhooks.map(({ id }) => id));
  let claiming: Promise<unknown> = Promise.resolve();

  /**
   * Claims a notice of any webhook, if this is the only call: its lane must be free. Other calls wait for
   * that claim.
   */
  const claimAny = async ({ claim }: Call) =>
    progress.calls === 1 ? await (claiming = claim()) : void await claiming.catch(() => {});

  /** Runs before the first claim. */
  const prepare = async () => {
    await health.prepare();
    const stale = await Promise.all(
      [...kindOf].map(async ([id, { keepsState, repeatMs }]) =>
        keepsState && (repeatMs !== undefined || await health.isTroubled(id)) ? [id] : []
      ),
    );
    const webhooks = new Set(stale.flat());
    if (webhooks.size > 0) await dropUnneeded({ ports, store, grouping }, webhooks, (id) => underWay.has(id));
  };

  const send = async (call: Call): Promise<number> => {
    // Usually nothing is due, and one claim is enough to know it.
    const isAlone = progress.calls === 1;
    if (isAlone) await prepare();
    const first = await claimAny(call);
    if (isAlone && !first) return 0;
    const start = (delivery: Delivery) =>
      lanes.lane(delivery.webhook, () => drain(lanes, call, delivery.webhook, delivery));
    const begun = first ? [start(first)] : [];
    const free = [...known].flatMap((id) => lanes.free(id, () => drain(lanes, call, id)));
    const settled = await Promise.allSettled([...begun, ...free]);
    for (const lane of settled) if (lane.status === "rejected") throw lane.reason;
    // Notices that are left belong to webhooks the config no longer has.
    for (
      let left = await claimAny(call);
      left;
      left = known.has(left.webhook) ? undefined : await claimAny(call)
    ) {
      await start(left);
    }
    return call.made;
  };

  /** Abandons the lanes of a stuck call, so that the next call does not wait for them. Its claims expire. */
  const reset = () => {
    lanes = begin();
    claiming = Promise.resolve();
    underWay.clear();
  };
  const call = (bounds: CallOptions = {}) => {
    const silences = silenceReader(ports, readSilences);
    const post = {
      ports,
      store,
      config,
      sinks,
      deadlineMs,
      leaseMs,
      silences,
      health,
      addLink,
      timely,
      applyQuietHours,
      grouping,
      underWay,
    };
    const move = () => progress.move();
    return progress.watch(() => send({ post, ...claimer(post, bounds), move, made: 0 }), reset);
  };
  return Object.assign(call, { fault: () => progress.fault, sighting: () => health.sighting() });
}

interface Call {
  post: DeliveryContext;
  /**
   * Claims the next due notice, of one webhook or of any; undefined if there is none or the call's limit is
   * reached.
   */
  claim(webhook?: string): Promise<Delivery | undefined>;
  /** How many more notices the call may take; `take` counts those it took. */
  room(): number;
  take(notices: number): void;
  /** Records progress: a notice moved, or none was due. */
  move(): void;
  /** Attempts so far. */
  made: number;
}

function claimer(
  { ports: { clock }, store, leaseMs }: DeliveryContext,
  { most = Infinity, signal }: CallOptions,
): Pick<Call, "claim" | "room" | "take"> {
  let left = most;
  return {
    async claim(webhook) {
      if (signal?.aborted || left < 1) return undefined;
      left--;
      const [claimed] = await store.claimDeliveries({ nowMs: clock.now(), leaseMs, limit: 1, webhook });
      if (!claimed) left++;
      return claimed;
    },
    room: () => left,
    take: (notices) => void (left -= notices),
  };
}

/** Sends a webhook's due notices one after another, within its receiver's rate limit. */
async function drain(lanes: Lanes, call: Call, webhook: string, first?: Delivery): Promise<void> {
  const { clock } = call.post.ports;
  const pace = await call.post.health.paceOf(webhook) ?? new Pace();
  // Claim only inside the turn, so that no claim expires in the queue.
  const step = (begin?: Delivery) =>
    lanes.turn(webhook, async (): Promise<Step> => {
      const next = begin ?? await call.claim(webhook);
      call.move();
      if (!next) return "done";
      const waitMs = pace.waitMs(clock.elapsed());
      if (waitMs > PATIENCE_MS) {
        await putOff(call.post, next, pace.putOff(clock.elapsed()));
        return "again";
      }
      // Reserve the slot before waiting, else another lane could overtake this one every time.
      pace.take(clock.elapsed());
      if (waitMs > 0) return { next, waitMs };
      return await go(next);
    });
  const go = async (next: Delivery): Promise<Step> => {
    const attempted = await attempt(call.post, next, call.room());
    call.move();
    if (!attempted) pace.refund();
    else {
      call.made++;
      call.take(attempted.notices - 1);
      lanes.noteAnswer(webhook, attempted.answer.kind !== "unanswered");
    }
    return "again";
  };
  for (let result = await step(first); result !== "done";) {
    if (result === "again") {
      result = await step();
      continue;
    }
    // Wait outside the turn, which others may use meanwhile.
    const { next, waitMs } = result;
    await pause(clock, waitMs);
    result = await lanes.turn(webhook, () => go(next));
  }
}

/** Result of one step on a webhook's queue; a notice that must wait for the rate limit is already claimed. */
type Step = "done" | "again" | { next: Delivery; waitMs: number };
