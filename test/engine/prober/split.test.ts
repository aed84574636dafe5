import { expect, test } from "vitest";
import { splitProber } from "../../../src/engine/prober/split.ts";
import type { Check } from "../../../src/config/config.ts";
import type { Prober, ProberReply, ProberRequest, RoundResult } from "../../../src/judgement/round.ts";

const secrets = { redact: (text: string) => text.replaceAll("s3cret", "***") };
const check = (key: string) => ({ key, digest: `d-${key}` }) as Check;
const checks = ["a", "b", "c", "d"].map(check);
const request: ProberRequest = { slot: 60_000, checks, deadlineMs: 1_000 };

/** Walks nothing: says of each check that it was asked here. */
const part = (name: string, about: Partial<ProberReply> = {}): Pick<Prober, "ask"> => ({
  ask: ({ slot, checks }) =>
    Promise.resolve({
      ...{ prober: "weur", slot, suspect: false, misplaced: false, ...about },
      answers: checks.map(({ key, digest }): RoundResult => ({
        check: key,
        digest,
        missed: `walked by ${name}`,
      })),
    }),
});
const broken: Pick<Prober, "ask"> = { ask: () => Promise.reject(new Error("out of s3cret memory")) };
/** a and c to the first, b and d to the second. */
const split = (...parts: Pick<Prober, "ask">[]) =>
  splitProber({ id: "weur", parts, partOf: ({ key }) => "abcd".indexOf(key) % 2, secrets });

const said = ({ answers }: Pick<ProberReply, "answers">) =>
  Object.fromEntries(answers.map((answer) => [answer.check, "missed" in answer ? answer.missed : "walked"]));

test("each part walks its share, and the reply is one", async () => {
  const reply = await split(part("0", { place: "FRA" }), part("1")).ask(request);
  expect(reply).toMatchObject({
    prober: "weur",
    slot: 60_000,
    suspect: false,
    misplaced: false,
    place: "FRA",
  });
  expect(said(reply)).toEqual({ a: "walked by 0", b: "walked by 1", c: "walked by 0", d: "walked by 1" });
});

test("a part without a check is not asked", async () => {
  const reply = await split(part("0"), broken).ask({ ...request, checks: [checks[0]!] });
  expect(said(reply)).toEqual({ a: "walked by 0" });
});

test("one that fails is missed by its own checks, with the reason and no secret", async () => {
  const reply = await split(part("0"), broken).ask(request);
  expect(said(reply)).toEqual({
    ...{ a: "walked by 0", c: "walked by 0" },
    ...{ b: "out of *** memory", d: "out of *** memory" },
  });
});

test("all that fail are one failure", async () => {
  await expect(split(broken, broken).ask(request)).rejects.toThrow("out of s3cret memory");
});

test("answers are told when their own part has answered, and what is wrong with a part holds for these alone", async () => {
  const slow = Promise.withResolvers<void>();
  const first = part("0", { suspect: true });
  const heard: string[] = [];
  const asking = split(
    { ask: (asked) => first.ask(asked) },
    { ask: (asked) => slow.promise.then(() => part("1", { misplaced: true, place: "JNB" }).ask(asked)) },
  ).ask(request, ({ check }, { suspect, misplaced }) => heard.push(`${check} ${suspect} ${misplaced}`));
  await new Promise((resolve) => setTimeout(resolve));
  expect(heard).toEqual(["a true false", "c true false"]);
  slow.resolve();
  expect(await asking).toMatchObject({ suspect: true, misplaced: true, place: "JNB" });
  expect(heard.slice(2)).toEqual(["b false true", "d false true"]);
});
