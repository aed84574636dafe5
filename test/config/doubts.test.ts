import { describe, expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { doubtsOf } from "../../src/config/doubts.ts";
import { edit, loadText } from "./load_text.ts";

/** Regions of so many probers each. */
const regions = (...sizes: number[]) =>
  `regions: [${
    sizes.map((size, r) => {
      const probers = Array.from(
        { length: size },
        (_, p) => `{ id: ${"abcd"[r]}${p}, url: 'https://p.example', token: '\${env:T}' }`,
      );
      return `{ id: ${"abcd"[r]}, probers: [${probers.join(", ")}] }`;
    }).join(", ")
  }]\n`;

/** The places of the doubts about these lines, and these fields of its one check. */
async function doubts(lines: string, fields = ""): Promise<string[]> {
  const text = edit("id: write", `id: write\n        ${fields}`, edit("version: 1", `version: 1\n${lines}`));
  return doubtsOf(await loadText(text), KINDS.stores).map(({ path, message }) => `${path}: ${message}`);
}

const CONTROLS = "controls: ['https://control.example']\n";

describe("a doubt", () => {
  test.each<[name: string, lines: string, fields: string, said: RegExp[]]>([
    ["none of three regions", regions(1, 1, 1), "", []],
    ["none of three regions of three", regions(3, 3, 3), "", []],
    ["two regions", regions(1, 1), "", [/^regions: with two regions, a silent one ends all detection/]],
    ["four regions", regions(1, 1, 1, 1), "", [/^regions: 4 regions may tie.* more slowly than 3$/]],
    ["one region of two probers", regions(2), "", [/^regions\[0\].probers: with two probers/]],
    ["none of one region of three", regions(3), "", []],
    ["all of three regions must report", regions(1, 1, 1), "quorum: { minReporting: 3 }", [
      /^check shop\/write: quorum: a single silent prober/,
    ]],
    ["three of three must agree", regions(1, 1, 1), "quorum: { open: { atLeast: 3 } }", [
      /quorum: a single silent prober/,
    ]],
    ["none if each region has one to spare", regions(2, 2, 2), "quorum: { minReporting: 3 }", []],
    ["one prober without controls", "", "", [/^controls: one prober without controls/]],
    ["none with controls", CONTROLS, "", []],
    ["a confirmation as late as the next slot", regions(1, 1, 1), "every: 30s\n        confirm: 30s", [
      /^check shop\/write: confirm: a confirmation after 30s/,
    ]],
    ["none with a confirmation within the period", regions(1, 1, 1), "every: 30s", []],
    ["more turns than the store bears", `${regions(1, 1, 1)}store: { upstash: {} }\n`, "turns: 3", [
      /^check shop\/write: turns: 3 turns take as many commits per period, which the store upstash bills$/,
    ]],
    [
      "none of turns that there are no probers for",
      `${regions(1)}${CONTROLS}store: { upstash: {} }\n`,
      "turns: 3",
      [],
    ],
  ])("%s", async (_name, lines, fields, said) => {
    const found = await doubts(lines, fields);
    expect(found).toEqual(said.map((one) => expect.stringMatching(one)));
  });
});
