import { expect } from "vitest";
import { play } from "../../scripts/gallery/play.ts";
import { readProduct } from "../../scripts/gallery/product.ts";
import { testWith } from "../world/tool.ts";

testWith("nginx", "apt-get install nginx")(
  "nginx whose backend is dead says ok: called drift, told by a verified webhook, and over when it is mended",
  async () => {
    const played = await Array.fromAsync(play(await readProduct("nginx")));
    expect(played.map(({ claimed, verdict }) => [claimed, verdict])).toEqual([["200 ok", "drift"]]);
  },
  600_000,
);
