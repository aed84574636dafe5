/** The page under a path of somebody's domain, behind a real nginx that takes the path away. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Browser,
  collectFaults,
  launchBrowser,
  missing,
  type ServedPage,
  servePage,
  TOKEN,
} from "./browser_fixture.ts";

const hasNginx = !spawnSync("nginx", ["-v"]).error || Deno.env.get("CI");
const why = missing ?? (hasNginx ? undefined : "nginx is missing: apt-get install nginx");

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

describe.skipIf(why)(`the page under a path${why ? ` (${why})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-nginx-"));
  let house: ServedPage;
  let browser: Browser;
  let proxy: Deno.ChildProcess;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/assay`;
    house = await servePage([{ id: "shop", name: "Shop" }], { publicUrl: url });
    await house.runMinutes(3);
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server {
    listen 127.0.0.1:${port};
    location /assay/ { proxy_pass ${house.url}/; proxy_buffering off; proxy_set_header Host $host:$server_port; }
  }
}`,
    );
    proxy = new Deno.Command("nginx", { args: ["-c", join(folder, "nginx.conf")], stderr: "null" }).spawn();
    browser = await launchBrowser();
    while (!await fetch(`${url}/livez`).then(({ ok, body }) => body?.cancel().then(() => ok), () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    proxy?.kill("SIGTERM");
    await proxy?.status;
    await house?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("every link leads somewhere, forms work, and the page lives", async () => {
    const page = await (await browser.newContext()).newPage();
    const found = collectFaults(page, new URL(url).origin);
    await page.goto(`${url}/login?next=/targets/shop#${TOKEN}`);
    await page.click("main button");
    await page.waitForURL(`${url}/targets/shop`);
    const seen = new Set([`${url}/`, `${url}/status`]);
    for (const path of seen) {
      const answer = await page.goto(path);
      expect([path, answer!.status()]).toEqual([path, 200]);
      const links = await page.evaluate(
        "[...document.querySelectorAll('a[href]')].map((link) => link.href.split('#')[0])",
      ) as string[];
      links.filter((link) => !link.includes("?")).forEach((link) => seen.add(link));
    }
    expect([...seen].filter((link) => !link.startsWith(`${url}/`))).toEqual([]);
    expect([...seen]).toContain(`${url}/targets/shop/checks/orders/rounds/fra1`);
    await page.goto(`${url}/`);
    await page.evaluate("window.same = true");
    house.script.set("drift");
    for (let minutes = 0; !(await page.title()).includes("overclaims") && minutes < 30; minutes++) {
      await house.runMinutes(1);
      await page.waitForTimeout(500);
    }
    expect(await page.title()).toContain("Shop overclaims");
    expect(await page.evaluate("window.same")).toBe(true);
    await page.click(".account summary");
    await page.click("header button");
    await page.waitForURL(`${url}/`);
    expect(found).toEqual([]);
  }, 120_000);
});
