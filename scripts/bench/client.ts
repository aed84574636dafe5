/**
 * Compares the CPU of a request through Assay's client with `fetch`, over http and https, on kept and on new
 * connections, in one run:
 *
 *     deno run -A scripts/bench/client.ts
 *
 * The server runs in its own process. Needs openssl.
 */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { connector } from "../../functions/deno/client/mod.ts";
import { clock } from "../../functions/clock.ts";
import { exchange } from "../../src/base/http/client.ts";
import { formatSpread, inTurns, machine, median } from "./table.ts";

const SAMPLES = 15;
const REQUESTS = 300;
const AT_ONCE = 10;
const HOST = "localhost";

/** The ports of the server, and its certificate authority. */
interface Place {
  http: number;
  https: number;
  ca: string;
}

/** Answers each request at once. Closes the connection after a path that ends in `new`. */
function converse(socket: Socket): void {
  const body = JSON.stringify({ status: "UP" });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  socket.on("error", () => {}).on("data", (bytes) => {
    for (const [, path] of bytes.toString("latin1").matchAll(/^GET (\S+)/gm)) {
      if (path!.endsWith("new")) socket.end(`${head}connection: close\r\n\r\n${body}`);
      else socket.write(`${head}\r\n${body}`);
    }
  });
}

/** Creates an authority, and a certificate that it signed for the host; PEM. */
async function certify(): Promise<{ ca: string; cert: string; key: string }> {
  const folder = await Deno.makeTempDir();
  const at = (name: string) => `${folder}/${name}.pem`;
  const openssl = (...args: string[]) => new Deno.Command("openssl", { args, stderr: "null" }).output();
  const made = (name: string) => ["-keyout", at(`${name}-key`), "-out", at(name)];
  const fresh = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ];
  await openssl(...fresh, ...made("ca"), "-subj", "/CN=authority");
  const signed = ["-CA", at("ca"), "-CAkey", at("ca-key"), "-addext", `subjectAltName=DNS:${HOST}`];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
  await openssl(...fresh, ...made("host"), "-subj", `/CN=${HOST}`, ...signed, ...leaf);
  const [ca, cert, key] = await Promise.all(
    ["ca", "host", "host-key"].map((name) => Deno.readTextFile(at(name))),
  );
  await Deno.remove(folder, { recursive: true });
  return { ca: ca!, cert: cert!, key: key! };
}

async function serve(): Promise<void> {
  const { ca, ...pair } = await certify();
  const ports = await Promise.all(
    [createServer(converse), createTlsServer(pair, converse)].map((server) =>
      new Promise<number>((resolve) =>
        server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
      )
    ),
  );
  console.log(JSON.stringify({ http: ports[0], https: ports[1], ca }));
}

async function openServer(): Promise<{ place: Place; stop: () => Promise<unknown> }> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", fileURLToPath(import.meta.url), "serve"],
    stdout: "piped",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair).getReader();
  let text = "";
  while (!text.includes("\n")) text += (await lines.read()).value ?? "";
  return {
    place: JSON.parse(text),
    async stop() {
      server.kill("SIGKILL");
      await Promise.all([lines.cancel(), server.status]);
    },
  };
}

/** Calls `ask` `REQUESTS` times, `AT_ONCE` at a time. */
async function repeat(ask: () => Promise<unknown>): Promise<void> {
  let left = REQUESTS;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await ask();
  }));
}

async function bench({ ca, ...ports }: Place): Promise<void> {
  const ours = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca });
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const rows = (["http", "https"] as const).flatMap((scheme) =>
    ["kept", "new"].map((how) => ({
      name: `${scheme}, ${how}`,
      url: new URL(`${scheme}://${HOST}:${ports[scheme]}/${how}`),
    }))
  );
  const works = rows.flatMap(({ url }) => [
    () => repeat(async () => await (await fetch(url, { client })).arrayBuffer()),
    () =>
      repeat(async () => {
        const request = { url, method: "GET", headers: {} };
        const got = await exchange({ clock, fetch: ours }, request, { deadlineMs: 10_000, capBytes: 65_536 });
        if (got.kind === "failure") throw new Error(got.detail);
      }),
  ]);
  const costs = await inTurns(SAMPLES, works);
  console.log(
    `${machine()}\n\n| CPU of a request, µs | fetch | Assay's exchange | ratio |\n| --- | --- | --- | --- |`,
  );
  for (const [i, { name }] of rows.entries()) {
    const [bare, own] = [costs[2 * i]!, costs[2 * i + 1]!].map((all) => all.map((us) => us / REQUESTS)) as [
      number[],
      number[],
    ];
    const ratio = formatSpread(own.map((us, at) => us / bare[at]!), 2);
    console.log(`| ${name} | ${median(bare).toFixed(1)} | ${median(own).toFixed(1)} | ${ratio} |`);
  }
}

if (Deno.args[0] === "serve") await serve();
else {
  const { place, stop } = await openServer();
  await bench(place).finally(stop);
  Deno.exit();
}
