import { join } from "node:path";

/** How to install nginx. */
export const NGINX_INSTALL = "apt-get install -y nginx-light";

const ITEM = JSON.stringify({
  id: "ord_17",
  state: "accepted",
  sku: "canary",
  total: 1290,
  currency: "EUR",
  placed: "2026-11-20T12:00:00Z",
});
const PLACED = JSON.stringify({ id: "ord_17", state: "received", receipt: "rcp_4711" });

const conf = (folder: string, port: number, closingPort: number) => `
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  ${
  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")
}
  default_type application/json;
  server {
    listen 127.0.0.1:${port};
    location = /readyz { default_type text/plain; return 200 'ok'; }
    location = /item { return 200 '${ITEM}'; }
    location = /orders { return 201 '${PLACED}'; }
    location /orders/ { return 200 '${ITEM}'; }
  }
  server {
    listen 127.0.0.1:${closingPort};
    keepalive_timeout 0;
    location = /item { return 200 '${ITEM}'; }
  }
}
`;

/** A target that is never the bottleneck: nginx on loopback with fixed answers. */
export interface NginxServer {
  port: number;
  /** A port that closes each connection after one request. */
  closingPort: number;
  stop(): Promise<void>;
}

/** Starts nginx on a free port; null if it is not installed. */
export async function startNginx(): Promise<NginxServer | null> {
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-nginx-" });
  const [port, closingPort] = [freePort(), freePort()];
  const file = join(folder, "nginx.conf");
  await Deno.writeTextFile(file, conf(folder, port, closingPort));
  const run = async (...args: string[]) => {
    const command = new Deno.Command("nginx", {
      args: ["-p", folder, "-c", file, "-e", join(folder, "error.log"), ...args],
    });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(`nginx failed: ${new TextDecoder().decode(stderr)}`);
  };
  try {
    await run(); // Returns once nginx listens and has gone to the background.
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return {
    port,
    closingPort,
    async stop() {
      await run("-s", "stop");
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
