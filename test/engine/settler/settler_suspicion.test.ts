import { expect, test } from "vitest";
import {
  describeNotice,
  type SettlerFixture,
  settlerFixture,
  threeRegions,
} from "../../world/settler_fixture.ts";

const CHECK =
  "{ id: read, report: { path: /readyz }, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }";

/** So many targets on so many hosts; three regions of one prober each. */
function estate(targets: number, hosts: number, rest = ""): string {
  const lines = Array.from(
    { length: targets },
    (_, i) => `  - { id: t${i}, url: "https://h${i % hosts}.example/t${i}", checks: [${CHECK}] }\n`,
  );
  const whole = threeRegions();
  const [from, to] = [whole.indexOf("  - id: shop"), whole.indexOf("webhooks:")];
  return whole.slice(0, from) + lines.join("") + rest + whole.slice(to);
}

const asides = async (world: SettlerFixture, prober = "sin") => {
  const states = await Promise.all(world.config.checks.map(({ key }) => world.state(key)));
  return states.filter(({ probers }) => probers[prober]!.aside === "suspect").length;
};

/** Five good minutes; then `sin` sees nothing of the targets `bad` any more. */
async function partedFrom(text: string, bad: number, minutes = 6): Promise<SettlerFixture> {
  const world = await settlerFixture(text);
  await world.runMinutes(5);
  for (const { key } of world.config.checks.slice(0, bad)) world.script.set("down", "sin", key);
  await world.runMinutes(minutes);
  return world;
}

test.each<[name: string, targets: number, hosts: number, bad: number, suspect: boolean]>([
  ["five targets on three hosts", 5, 3, 5, true],
  ["four targets are too few", 4, 3, 4, false],
  ["two hosts are too few", 6, 2, 6, false],
  ["eight of ten", 10, 3, 8, true],
  ["seven of ten are too few", 10, 3, 7, false],
])(
  "a prober for which nearly all turns bad alone is set aside while that lasts: %s",
  async (_, targets, hosts, bad, suspect) => {
    const world = await partedFrom(estate(targets, hosts), bad);
    expect(await asides(world)).toBe(suspect ? targets : 0);
    const { probers } = await world.state("t0/read");
    expect(probers.sin!.standing.vote).toBe(suspect ? "none" : "down");
    world.script.set("ready", "sin");
    for (const { key } of world.config.checks) world.script.set("ready", "sin", key);
    await world.runMinutes(2);
    expect(await asides(world)).toBe(0);
    expect((await world.state("t0/read")).probers.sin!.standing.vote).toBe("ready");
    expect(await world.notices()).toEqual([]);
  },
);

test.each([["turns: 3"], ["turns: 1"], ["turns: 3, confirm: 0"], ["turns: 3, failureThreshold: 1"]])(
  "its first failure may be believed, but never turns its vote, by %s",
  async (settings) => {
    const text = estate(5, 3).replaceAll("id: read,", `id: read, scope: region, ${settings},`);
    for (const prober of ["iad", "fra", "sin"]) {
      const world = await settlerFixture(text);
      await world.runMinutes(5);
      world.script.set("down", prober);
      await world.runMinutes(4);
      expect(await asides(world, prober)).toBe(5);
      expect(await world.notices()).toEqual([]);
    }
  },
);

test("what turned bad one after another is believed", async () => {
  const world = await settlerFixture(estate(5, 3));
  await world.runMinutes(2);
  for (const { key } of world.config.checks) {
    world.script.set("down", "sin", key);
    await world.runMinutes(3);
  }
  expect(await asides(world)).toBe(0);
});

test("with controls nobody is suspect by correlation", async () => {
  const text = estate(5, 3).replace("version: 1", "version: 1\ncontrols: [https://control.example/]");
  expect(await asides(await partedFrom(text, 5))).toBe(0);
});

test("a prober is suspect on, whoever takes the lease over", async () => {
  const first = await partedFrom(estate(5, 3), 5, 2);
  const next = await settlerFixture(estate(5, 3), { from: first, owner: "b" });
  next.script.set("down", "sin");
  await next.runMinutes(6);
  expect(await asides(next)).toBe(5);
  expect(await next.notices()).toEqual([]);
});

test.each([
  ["three turns", "turns: 3"],
  ["one", "turns: 1"],
  ["three turns without a confirmation", "turns: 3, confirm: 0"],
])(
  "an outage of everything is told as soon as one of fewer targets, by %s",
  async (_, turns) => {
    const told = async (targets: number) => {
      const text = estate(targets, 3).replaceAll("id: read,", `id: read, ${turns},`);
      const world = await settlerFixture(text);
      await world.runMinutes(5);
      world.script.set("down");
      await world.runMinutes(3);
      const [first] = await world.notices();
      expect(describeNotice(first!)).toBe("opened outage global #1");
      return first!.createdAt;
    };
    // Of four targets nobody is suspect.
    expect(await told(5)).toBe(await told(4));
  },
);
