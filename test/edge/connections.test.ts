import { expect, test } from "vitest";
import { network, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture({ timersAtHome: true });

/** Six requests may wait for their headers; a seventh is not refused but waits, its timers running. */
function sixConnections() {
  const seen = { open: 0, most: 0, queued: 0 };
  const queue: (() => void)[] = [];
  network.gate = async (ask) => {
    if (seen.open === 6) {
      seen.queued++;
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    seen.most = Math.max(seen.most, ++seen.open);
    return await ask().finally(() => {
      seen.open--;
      queue.shift()?.();
    });
  };
  return seen;
}

// Five and not six: the controls are asked beside the cleanups of rounds that ended late, and must not queue behind them.
test.each([
  { name: "by default", concurrency: undefined },
  { name: "with concurrency 50", concurrency: 50 },
])(
  "six hung targets do not turn queued healthy ones red under Cloudflare's six connections, $name",
  async ({ concurrency }) => {
    const [target] = targets();
    const check = {
      ...(target!.checks as object[])[0],
      timeout: "1s",
      report: { path: "/readyz", timeout: "500ms" },
    };
    const stalls = ["hung", "fine"].flatMap((kind) => Array.from({ length: 6 }, (_, n) => `${kind}${n}`));
    world.setConfig({
      regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
      targets: stalls.map((id) => ({ ...target, id, url: world.shop.stall(id), checks: [check] })),
      ...(concurrency && { concurrency }),
    });
    const hung = stalls.filter((id) => id.startsWith("hung")).map((id) => [id, "hangs"] as const);
    await world.shop.be({ all: "serves", ...Object.fromEntries(hung) });
    const seen = sixConnections();
    await world.passTime(world.tick(0));
    const { targets: views } = await world.status();
    const said = views.map(({ id, checks: [view] }) => `${id} ${view!.regions[0]!.probers[0]!.verdict!}`);
    expect(said).toEqual(stalls.map((id) => `${id} ${id.startsWith("hung") ? "down" : "ready"}`));
    expect(seen).toEqual({ open: 0, most: 5, queued: 0 });
  },
);
