import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { apiFixture, TOKEN } from "../api_fixture.ts";
import { testWithPrometheus } from "../promtool.ts";

/** An alert as Prometheus sends it to an Alertmanager (its API v2). */
interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const textOf = async (request: IncomingMessage) => (await request.toArray()).join("");

/** A server on loopback. */
async function serve(
  handle: (request: IncomingMessage) => Promise<[status: number, type: string, body: string]>,
) {
  const server = createServer(async (request, response) => {
    const [status, type, body] = await handle(request);
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An Alertmanager that only listens. */
async function listener() {
  const alerts: Alert[] = [];
  let look = () => {};
  const { address, close } = await serve(async (request) => {
    alerts.push(...JSON.parse(await textOf(request)));
    look();
    return [200, "application/json", "{}"];
  });
  const alert = (name: string) =>
    new Promise<Alert>((resolve) => {
      look = () => {
        const found = alerts.find(({ labels }) => labels.alertname === name);
        if (found) resolve(found);
      };
      look();
    });
  return { address, close, alert };
}

/** The example configuration with other addresses and a quicker pace, and its rules as they are. */
function configure(folder: string, assay: string, alertmanager: string) {
  const config = parse(readFileSync("examples/prometheus/prometheus.yml", "utf8"));
  config.global = { scrape_interval: "1s", evaluation_interval: "1s" };
  config.scrape_configs[0].scheme = "http";
  config.scrape_configs[0].static_configs[0].targets = [assay];
  config.alerting.alertmanagers[0].static_configs[0].targets = [alertmanager];
  writeFileSync(join(folder, "prometheus.yml"), stringify(config));
  writeFileSync(join(folder, "assay.token"), `${TOKEN}\n`);
  cpSync("examples/prometheus/alerts.yml", join(folder, "alerts.yml"));
}

/** A Prometheus on a port of its own. */
async function start(folder: string) {
  const child = spawn("prometheus", [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.listen-address=127.0.0.1:0",
    "--log.format=json",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const over = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`Prometheus ended with ${code}:\n${said}`)))
  );
  over.catch(() => {});
  const address = new Promise<string>((resolve) =>
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const [, found] = /"address":"(127\.0\.0\.1:[1-9]\d*)"/.exec(said) ?? [];
      if (found) resolve(found);
    })
  );
  return { address: await Promise.race([address, over]), over, stop: () => child.kill("SIGKILL") };
}

testWithPrometheus(
  "a Prometheus with the example's rules reads a drift with its token, and fires the alert",
  async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    await shop.runMinutes(2);
    const assay = await serve(async ({ url, headers }) => {
      const [, token] = (headers.authorization ?? "").split(" ");
      const { status, type, text } = await shop.call(url!, { token });
      return [status, type, text];
    });
    const manager = await listener();
    const folder = mkdtempSync(join(tmpdir(), "assay-"));
    configure(folder, assay.address, manager.address);
    const prometheus = await start(folder);
    try {
      const alert = await Promise.race([manager.alert("ServiceDrift"), prometheus.over]);
      expect(alert.labels).toEqual({
        alertname: "ServiceDrift",
        severity: "critical",
        // Not the address of Assay: that is `exported_instance` without honor_labels.
        instance: "shop/read",
        job: "assay",
        target: "shop",
        check: "read",
        outcome: "drift",
      });
      expect(alert.annotations.summary).toBe("shop / read says ready but its journey fails");
      const answer = await fetch(`http://${prometheus.address}/api/v1/query?query=readiness_reported`);
      const { data } = await answer.json();
      expect(
        data.result.map(({ metric }: { metric: Record<string, string> }) => [metric.prober, metric.state]),
      )
        .toEqual(expect.arrayContaining([["fra", "ready"], ["iad", "ready"], ["sin", "ready"]]));
    } finally {
      prometheus.stop();
      assay.close();
      manager.close();
      rmSync(folder, { recursive: true, maxRetries: 5 });
    }
  },
  90_000,
);
