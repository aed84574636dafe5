/**
 * One of the peers of `peers.ts`, in its own process: `assay` or `loop`, over a number of checks of one URL.
 * `GET /run` runs one round of all checks and returns the number of rows written.
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
