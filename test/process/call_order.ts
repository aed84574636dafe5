/** The command line, with a line of output before each call by which Deno Deploy tells what an app is. */
for (const name of ["cron", "serve"] as const) {
  const call = Deno[name] as (...args: unknown[]) => unknown;
  Object.defineProperty(Deno, name, {
    value(...args: unknown[]) {
      console.log(name);
      return call(...args);
    },
  });
}
await import("../../scripts/cli/assay.ts");
