/**
 * Writes the npm package of this version into dist/npm: the bundled command line, and a bin that runs it with
 * Deno from a dependency. Publish with `npm publish ./dist/npm`, or pack with `npm pack ./dist/npm`.
 */
import manifest from "../../deno.json" with { type: "json" };

const OUT = "dist/npm";

/**
 * `require` of the CommonJS modules in a bundle. `deno bundle` replaces esbuild's by a pattern that misses it
 * where minification has named it `$`.
 */
const REQUIRE =
  'import{createRequire as requireOf}from"node:module";var require=requireOf(import.meta.url);\n';

/** The package.json. The `deno` dependency is the version that builds it. */
const packageJson = {
  name: manifest.name,
  version: manifest.version,
  description: "Compares what a service reports about its readiness with what it does",
  license: "Apache-2.0",
  type: "module",
  bin: { assay: "bin/assay.mjs" },
  files: ["bin", "lib", "schema"],
  engines: { node: ">=20" },
  dependencies: { deno: Deno.version.deno },
};

await Deno.remove(OUT, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
for (const folder of ["bin", "lib", "schema"]) await Deno.mkdir(`${OUT}/${folder}`, { recursive: true });
await bundle("scripts/cli/assay.ts", "assay.js");
await bundle("scripts/simulate/worker.ts", "worker.js");
await Deno.copyFile("scripts/release/bin.mjs", `${OUT}/bin/assay.mjs`);
await Deno.copyFile("schema/assay.schema.json", `${OUT}/schema/assay.schema.json`);
for (const file of ["README.md", "LICENSE"]) await Deno.copyFile(file, `${OUT}/${file}`);
await Deno.writeTextFile(`${OUT}/package.json`, JSON.stringify(packageJson, null, 2) + "\n");
console.log(`${OUT}: ${packageJson.name} ${packageJson.version}, with deno ${packageJson.dependencies.deno}`);

/** Bundles an entry point with all its imports into one file. */
async function bundle(entry: string, name: string): Promise<void> {
  const file = `${OUT}/lib/${name}`;
  const args = [
    "bundle",
    "--quiet",
    "--frozen-lockfile",
    "--platform",
    "deno",
    "--minify",
    "-o",
    file,
  ];
  const { success } = await new Deno.Command(Deno.execPath(), { args: [...args, entry] }).spawn().status;
  if (!success) Deno.exit(1);
  await Deno.writeTextFile(file, REQUIRE + await Deno.readTextFile(file));
}
