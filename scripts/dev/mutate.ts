/**
 * Changes the judgement in one place at a time and runs its tests: `deno run -A scripts/dev/mutate.ts [count]`. Every mutant that no test notices
 * is printed; each is a missing test, or code that changes nothing. The tree must be clean, because files are changed in place.
 */
const FOLDER = "src/judgement";
const FILES = [
  "advisory.ts",
  "arrival.ts",
  "assess.ts",
  "confirmation.ts",
  "incident.ts",
  "own.ts",
  "quorum.ts",
  "suspicion.ts",
  "turnout.ts",
  "verdict.ts",
];

/** What is found, and what stands there instead. */
const CHANGES: [find: RegExp, replacement: string | ((found: string) => string)][] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " / "],
  [/\bMath\.max\b/g, "Math.min"],
  [/\bMath\.min\b/g, "Math.max"],
  [/\.some\(/g, ".every("],
  [/\.every\(/g, ".some("],
  [/\btrue\b/g, "false"],
  [/(?<![\w.])\d[\d_]*\b/g, (found) => String(Number(found.replaceAll("_", "")) + 1)],
];

interface Mutant {
  path: string;
  line: number;
  text: string;
  whole: string;
}

/** Lines that say something at run time. */
const isCode = (line: string) =>
  !/^\s*(\/?\*|\/\/|import |export type |type |export interface |interface )/.test(line);

function mutantsOf(path: string): Mutant[] {
  const whole = Deno.readTextFileSync(path);
  const lines = whole.split("\n");
  return lines.flatMap((line, i) =>
    !isCode(line)
      ? []
      : CHANGES.flatMap(([find, replacement]) =>
        [...line.matchAll(find)].map(({ index, 0: found }): Mutant => {
          const other = typeof replacement === "string" ? replacement : replacement(found);
          const text = line.slice(0, index) + other + line.slice(index + found.length);
          return { path, line: i + 1, text, whole: lines.with(i, text).join("\n") };
        })
      )
  );
}

/** The tests that take a second; all of them are run only where these see nothing. */
const QUICK = [
  "rules",
  "assess_levels",
  "confirmation",
  "assess_contradiction",
  "incident",
  "quorum",
  "verdict",
  "own",
  "suspicion",
];

/** Whether some test of these files fails. */
async function fails(files: string[]): Promise<boolean> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "test", "--project", "deno", "--bail", "1", ...files],
    env: { HISTORIES: "60", SEED: "7" },
    stdout: "null",
    stderr: "null",
  });
  return !(await command.output()).success;
}

const all = FILES.flatMap((file) => mutantsOf(`${FOLDER}/${file}`));
const count = Math.min(all.length, Number(Deno.args[0] ?? 150));
const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
let survivors = 0;
for (const { path, line, text, whole } of chosen) {
  const before = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, whole);
  const noticed = await fails(QUICK.map((name) => `test/judgement/${name}`))
    .then(async (noticed) => noticed || await fails(["test/judgement"]))
    .finally(() => Deno.writeTextFileSync(path, before));
  if (noticed) continue;
  survivors++;
  console.log(`${path}:${line} ${text.trim()}`);
}
console.log(`${count} of ${all.length} mutants, ${survivors} survived`);
