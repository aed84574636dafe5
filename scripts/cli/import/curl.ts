/** Imports curl commands, as copied from browsers and docs. */
import {
  type Imported,
  type ImportedCheck,
  type Remark,
  type SecretNames,
  splitUrl,
  withReport,
} from "./draft.ts";

/** Mapped options that take a value, under all their names. */
const VALUED: Record<string, string> = {
  "-X": "method",
  "--request": "method",
  "-H": "header",
  "--header": "header",
  "-d": "data",
  "--data": "data",
  "--data-raw": "data",
  "--data-ascii": "data",
  "--data-binary": "data",
  "--json": "json",
  "--data-urlencode": "urlencode",
  "-F": "form",
  "--form": "form",
  "-u": "user",
  "--user": "user",
  "-A": "agent",
  "--user-agent": "agent",
  "-e": "referer",
  "--referer": "referer",
  "-b": "cookie",
  "--cookie": "cookie",
  "--url": "url",
  "-m": "maxTime",
  "--max-time": "maxTime",
  "--max-redirs": "maxRedirs",
  "--aws-sigv4": "sigv4",
};
/** Options that take a value and have no counterpart. */
const LOST_VALUED = new Set([
  "-x",
  "--proxy",
  "--cert",
  "-E",
  "--key",
  "--cacert",
  "--resolve",
  "--connect-to",
  "--retry",
  "--retry-delay",
  "--interface",
  "--ciphers",
  "-T",
  "--upload-file",
  "--limit-rate",
  "--connect-timeout",
]);
const FLAGS: Record<string, string> = {
  "-L": "follow",
  "--location": "follow",
  "-I": "head",
  "--head": "head",
  "-G": "get",
  "--get": "get",
  "-k": "insecure",
  "--insecure": "insecure",
  "-f": "fail",
  "--fail": "fail",
};
/** Options that do not affect the request. */
const QUIET =
  /^(-[sSvi#NO]+|--(silent|show-error|verbose|include|compressed|progress-bar|no-progress-meter|globoff|remote-name|fail-with-body))$/;
const OUTPUT = new Set(["-o", "--output", "-w", "--write-out", "-D", "--dump-header", "-c", "--cookie-jar"]);

type Options = Map<string, string[]>;

/** Imports each curl command of a text as a check. */
export function importCurl(text: string, secrets: SecretNames): Imported {
  const commands = splitCommands(words(text));
  const remarks: Remark[] = [];
  const checks = commands.flatMap((command, i) => {
    const at = commands.length === 1 ? "curl" : `curl[${i}]`;
    const { options, lost } = readOptions(command, at);
    const url = options.get("url")?.[0] ?? "";
    const split = splitUrl(/^[a-z]+:/i.test(url) ? url : `http://${url}`);
    if (!split) {
      remarks.push({ kind: "lost", at, text: `no http or https URL: ${url}` });
      return [];
    }
    return [checkOf(options, split, { at, lost, secrets })];
  });
  return { checks, remarks };
}

function checkOf(
  options: Options,
  { origin, path }: { origin: string; path: string },
  { at, lost, secrets }: { at: string; lost: Remark[]; secrets: SecretNames },
): ImportedCheck {
  const one = (name: string) => options.get(name)?.at(-1);
  const name = `${URL.parse(origin)?.hostname ?? "curl"} ${path.split("?")[0]}`;
  const remarks = [...lost];
  const headers: [string, string][] = [];
  for (const line of options.get("header") ?? []) {
    const [, header = "", value = ""] = /^([^:;]+)[:;]\s*(.*)$/s.exec(line) ?? [];
    if (/^(host|content-length|connection|transfer-encoding)$/i.test(header)) {
      remarks.push({ kind: "lost", at: `${at} ${header}`, text: "the transport sets it" });
    } else if (header) headers.push([header, secrets.header(header, value, "CURL")]);
  }
  for (
    const [option, header] of [["agent", "user-agent"], ["referer", "referer"], ["cookie", "cookie"]] as const
  ) {
    const value = one(option);
    if (value !== undefined) {
      headers.push([header, secrets.header(header, value.replace(/;auto$/, ""), "CURL")]);
    }
  }
  const { body, query, defaultMethod } = bodyOf(options, headers, remarks, at);
  const method = one("method") ?? (options.has("head") ? "HEAD" : defaultMethod);
  const seconds = Number(one("maxTime"));
  const redirects = options.has("follow") ? Math.min(10, Number(one("maxRedirs") ?? 5)) : 0;
  const draft: ImportedCheck = {
    url: origin,
    name,
    check: {
      journey: [{
        request: {
          ...method !== "GET" && { method },
          path: query ? `${path}${path.includes("?") ? "&" : "?"}${query}` : path,
          ...headers.length > 0 && { headers: Object.fromEntries(headers) },
          ...body,
        },
        redirects,
        ...seconds > 0 && seconds < 10 && { timeout: `${Math.round(seconds * 1000)}ms` },
        ...authOf(one("user"), secrets),
        expect: [options.has("fail") ? "status < 400" : "status >= 200 && status < 300"],
      }],
    },
    remarks,
  };
  if (options.has("insecure")) {
    remarks.push({
      kind: "lost",
      at: `${at} -k`,
      text: "set tls: { insecure: true } on the target if it must be",
    });
  }
  return method === "GET" ? withReport(draft, path) : draft;
}

function authOf(user: string | undefined, secrets: SecretNames) {
  if (user === undefined) return {};
  const [name = "", ...password] = user.split(":");
  return {
    auth: { basic: { user: name, password: secrets.reference(password.join(":"), "CURL", "PASSWORD") } },
  };
}

function bodyOf(options: Options, headers: [string, string][], remarks: Remark[], at: string) {
  const data = [...options.get("data") ?? [], ...(options.get("urlencode") ?? []).map(urlencoded)];
  const json = options.get("json");
  const form = options.get("form");
  const file = [...data, ...json ?? []].find((text) => text.startsWith("@"));
  if (file) {
    remarks.push({ kind: "approximated", at, text: `write request.file: ${file.slice(1)} for ${file}` });
  }
  if (options.has("get")) return { body: {}, query: data.join("&"), defaultMethod: "GET" };
  const isTyped = headers.some(([name]) => name.toLowerCase() === "content-type");
  if (json) {
    const text = json.join("");
    return { body: parsed(text) ?? { raw: text }, query: "", defaultMethod: "POST" };
  }
  if (form) {
    const parts = form.map((part) => {
      const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
      if (/^[@<]/.test(value)) {
        remarks.push({ kind: "lost", at: `${at} -F ${name}`, text: "a part can be text, not a file" });
      }
      return [name, value.replace(/;type=.*$/, "")];
    });
    return { body: { multipart: Object.fromEntries(parts) }, query: "", defaultMethod: "POST" };
  }
  if (data.length === 0) return { body: {}, query: "", defaultMethod: "GET" };
  const text = data.join("&");
  const isJson = headers.some(([name, value]) => name.toLowerCase() === "content-type" && /json/.test(value));
  if (isJson && parsed(text)) return { body: parsed(text)!, query: "", defaultMethod: "POST" };
  if (!isTyped) headers.push(["content-type", "application/x-www-form-urlencoded"]);
  return { body: { raw: text }, query: "", defaultMethod: "POST" };
}

function parsed(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const urlencoded = (text: string) => {
  const at = text.indexOf("=");
  return at < 0
    ? encodeURIComponent(text)
    : `${text.slice(0, at + 1)}${encodeURIComponent(text.slice(at + 1))}`;
};

function readOptions(command: string[], at: string): { options: Options; lost: Remark[] } {
  const options: Options = new Map();
  const lost: Remark[] = [];
  const add = (name: string, value: string) => void options.set(name, [...options.get(name) ?? [], value]);
  for (let i = 1; i < command.length; i++) {
    const word = command[i]!;
    const [name, inline] = /^--[\w-]+=/.test(word)
      ? [word.split("=")[0]!, word.slice(word.indexOf("=") + 1)]
      : [word];
    const glued = !word.startsWith("--") && word.length > 2 && word.slice(0, 2) in VALUED;
    if (glued) add(VALUED[word.slice(0, 2)]!, word.slice(2).replace(/^ /, ""));
    else if (name in VALUED) add(VALUED[name]!, inline ?? command[++i] ?? "");
    else if (name in FLAGS) add(FLAGS[name]!, "");
    else if (OUTPUT.has(name)) inline ?? i++;
    else if (LOST_VALUED.has(name)) {
      lost.push({ kind: "lost", at: `${at} ${name}`, text: "there is nothing like it" });
      inline ?? i++;
    } else if (QUIET.test(word)) continue;
    else if (/^-[a-zA-Z]{2,}$/.test(word)) {
      command.splice(
        i + 1,
        0,
        ...[...word.slice(1)].map((flag) => `-${flag}`),
      );
    } else if (word.startsWith("-")) {
      lost.push({ kind: "lost", at: `${at} ${word}`, text: "the import does not know it" });
    } else add("url", word);
  }
  for (const text of options.has("sigv4") ? ["write auth: { sigv4: ... } on the step"] : []) {
    lost.push({ kind: "lost", at: `${at} --aws-sigv4`, text });
  }
  return { options, lost };
}

function splitCommands(all: string[]): string[][] {
  const commands: string[][] = [];
  for (const word of all) {
    if (word === "curl" || word === "curl.exe") commands.push([word]);
    else if (word !== "&&" && word !== ";" && word !== "\n") commands.at(-1)?.push(word);
  }
  return commands;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "'": "'", "\\": "\\", '"': '"' };

/** Splits a text into POSIX shell words: quotes, $'...', backslashes and continued lines. */
export function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  const pattern =
    /\\\r?\n|\^\r?\n|\s+|\$'((?:[^'\\]|\\[\s\S])*)'|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|[\s\S]/g;
  for (const [all, ansi, single, double, escaped] of text.matchAll(pattern)) {
    if (/^(\\|\^)\r?\n$/.test(all) || /^\s+$/.test(all)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (ansi !== undefined) {
      word = (word ?? "") +
        ansi.replace(
          /\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/g,
          (_, code: string) =>
            /^[ux]./.test(code) ? String.fromCharCode(parseInt(code.slice(1), 16)) : ESCAPES[code] ?? code,
        );
    } else word = (word ?? "") + (single ?? double?.replace(/\\(["\\$`]|\r?\n)/g, "$1") ?? escaped ?? all);
  }
  return word === undefined ? found : [...found, word];
}
