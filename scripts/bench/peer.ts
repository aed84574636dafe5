/**
 * One of those that `peers.ts` compares, in a process of its own: `assay` or `loop`, over so many checks of one URL. `GET /run` lets it do
 * one round of all of them and answers the rows it wrote.
 */
import { parseArgs } from "node:util";
import { AT_ONCE, READ_JOURNEY } from "./config.ts";
import { bareLoop, openAssay } from "./tick.ts";

const { values } = parseArgs({
  options: {
    what: { type: "string" },
    url: { type: "string" },
    checks: { type: "string" },
    report: { type: "boolean" },
  },
});
const [url, checks] = [values.url!, Number(values.checks)];
const round = values.what === "assay" ? await assayRound() : loopRound();

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, async () => {
  try {
    return Response.json({ rows: await round() });
  } catch (error) {
    return new Response((error as Error).message, { status: 500 });
  }
});

async function assayRound(): Promise<() => Promise<number>> {
  const assay = await openAssay({ checks, url, journey: READ_JOURNEY, report: values.report ?? false });
  const count = () => Object.values(assay.rows).reduce((sum, rows) => sum + rows, 0);
  return async () => {
    const before = count();
    await assay.tick();
    await assay.verify();
    return count() - before;
  };
}

function loopRound(): () => Promise<number> {
  const paths = values.report ? ["/readyz", "/item"] : ["/item"];
  const urls = Array.from({ length: checks }, () => paths.map((path) => url + path)).flat();
  return async () => {
    await bareLoop(urls, AT_ONCE);
    return 0;
  };
}
