/** The files of examples/deploy hold what they say: they parse, and name ports, paths, flags and variables that there are. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import manifest from "../../deno.json" with { type: "json" };
import { KINDS } from "../../functions/deno/kinds.ts";
import { program } from "../../scripts/cli/program.ts";
import { load } from "../../src/config/mod.ts";
import { OPERATIONS } from "../../src/web/api/openapi/document.ts";
import { testWith } from "../world/tool.ts";

const text = (name: string) => readFileSync(`examples/deploy/${name}`, "utf8");
const configOf = async (yaml: string) =>
  (await load({ kind: "yaml", text: yaml }, { kinds: KINDS, env: () => "a-value-of-32-characters-or-more" }))
    .config;

/** Fails unless these words start Assay with flags that it has. */
function requireCommand([verb, ...words]: string[]) {
  const command = program.commands.find((command) => command.name() === verb);
  const flags = words.filter((word) => word.startsWith("--"));
  expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(flags));
}

const requirePath = (path: string) => expect(OPERATIONS.map(({ path }) => path)).toContain(path);

const compose = parse(text("compose.yaml"), { merge: true });
const dockerfile = text("Dockerfile");

describe("Dockerfile", () => {
  const stage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  const words = (name: string): string[] =>
    JSON.parse(new RegExp(`^\\s*${name} (\\[.*\\])$`, "m").exec(stage)![1]!);

  test("runs as nobody else than `deno`, and is well while /readyz says so", async () => {
    expect(stage).toMatch(/^USER deno$/m);
    const { listen } = await configOf(text("assay.yaml"));
    expect(stage).toContain(`EXPOSE ${listen}\n`);
    expect(stage).toContain(`fetch('http://127.0.0.1:${listen}/readyz')`);
    requirePath("/readyz");
    requireCommand(words("CMD"));
  });

  test("starts what the release script writes, with the flags that the config of Deno names", () => {
    const entrypoint = words("ENTRYPOINT");
    for (const feature of manifest.unstable) expect(entrypoint).toContain(`--unstable-${feature}`);
    expect(entrypoint).not.toContain("-A");
    expect(dockerfile).toContain("deno task release");
    expect(readFileSync("scripts/release/npm.ts", "utf8")).toContain('"assay.js"');
  });

  test.each(dockerfile.match(/denoland\/deno:\S+/g)!)("%s is the Deno that is tested", (image) => {
    expect(image).toBe(`denoland/deno:${Deno.version.deno}`);
  });
});

describe("compose.yaml", () => {
  test.each(["assay", "prober"])(
    "%s starts with flags that there are, and cannot write to its image",
    (name) => {
      const { command, read_only, cap_drop } = compose.services[name];
      requireCommand(command);
      expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ["ALL"] });
    },
  );

  test("gives each process the variables that the config names, and asks the second prober where it is", async () => {
    const { store, regions } = await configOf(text("assay.yaml"));
    const named = KINDS.stores.find(({ kind }) => kind === store.kind)!;
    const references = [...text("assay.yaml").matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name);
    const variables = "variables" in named ? named.variables ?? [] : [];
    expect(Object.keys(compose.services.assay.environment).toSorted())
      .toEqual([...references, ...variables].toSorted());
    const second = regions.flatMap(({ probers }) => probers).find(({ id }) => id === "second")!;
    expect(second).toMatchObject({ kind: "remote", url: "http://prober:8080" });
    expect(compose.services.prober.command).toEqual(expect.arrayContaining(["--prober", second.id]));
    const address = new URL(compose.services.assay.environment.UPSTASH_REDIS_REST_URL);
    expect([address.hostname, dockerfile.includes(`"--port", "${address.port}"`)]).toEqual(["redis", true]);
  });
});

describe("kubernetes.yaml", () => {
  const documents = parseAllDocuments(text("kubernetes.yaml")).map((document) => document.toJS());
  const [configMap, workload] = documents;
  const [container] = workload.spec.template.spec.containers;

  test("holds a config that loads, beside a container that reads it", async () => {
    expect(documents.map(({ kind }) => kind)).toEqual([
      "ConfigMap",
      "StatefulSet",
      "Service",
      "NetworkPolicy",
    ]);
    const { listen } = await configOf(configMap.data["assay.yaml"]);
    expect(container.ports).toEqual([{ name: "http", containerPort: listen }]);
    requireCommand(container.args);
    const mounts = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(mounts).toEqual(["/etc/assay", "/run/secrets/assay", "/data", "/tmp"]);
    expect(configMap.data["assay.yaml"]).toContain("${file:/run/secrets/assay/token}");
  });

  test("asks by paths that there are, and gives the container no rights", () => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    for (const { httpGet } of probes) requirePath(httpGet.path);
    expect(workload.spec.template.spec.securityContext.runAsNonRoot).toBe(true);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("has the ranges of the launcher's second lock", () => {
    const [{ ipBlock }] = documents[3].spec.egress[1].to;
    const launcher = readFileSync("scripts/release/bin.mjs", "utf8");
    expect(ipBlock.except).toEqual(launcher.match(/\d+\.\d+\.\d+\.\d+\/\d+/g));
  });
});

describe("assay.service", () => {
  const unit = text("assay.service");
  test("starts with flags that there are, and reloads by the signal that reloads", () => {
    requireCommand(/^ExecStart=\S+ (.*)$/m.exec(unit)![1]!.split(" "));
    expect(unit).toContain("\nExecReload=/bin/kill -HUP $MAINPID\n");
  });

  testWith("systemd-analyze", "apt-get install -y systemd")("is what systemd takes", () => {
    const folder = mkdtempSync(join(tmpdir(), "assay-unit-"));
    const file = join(folder, "assay.service");
    // Only what is there can be started.
    writeFileSync(file, unit.replaceAll("/usr/local/bin/assay", "/bin/true"));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
      encoding: "utf8",
    });
    rmSync(folder, { recursive: true });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
