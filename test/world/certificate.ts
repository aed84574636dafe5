import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

const subjectOf = (names: string[]) => [
  ...["-subj", `/CN=${names[0]}`],
  ...[
    "-addext",
    `subjectAltName=${names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",")}`,
  ],
];

/** A self-signed certificate for these host names and addresses, and its key; made with the openssl command. */
export function certificate(...names: string[]): KeyPair {
  return inFolder((path) => {
    const made = ["-keyout", path("key.pem"), "-out", path("cert.pem")];
    openssl(["req", "-x509", ...NEW_KEY, "-days", "2", ...made, ...subjectOf(names)]);
    return { cert: readFileSync(path("cert.pem"), "utf8"), key: readFileSync(path("key.pem"), "utf8") };
  });
}

/** A certificate authority of one test: `ca` is its certificate, `issue` signs one that is valid for `days` from now (-1: it ended yesterday). */
export function authority(): { ca: string; issue(names: string[], days?: number): KeyPair } {
  const own = inFolder((path) => {
    const made = ["-keyout", path("key.pem"), "-out", path("cert.pem")];
    openssl(["req", "-x509", ...NEW_KEY, "-days", "2", ...made, "-subj", "/CN=authority"]);
    return { cert: readFileSync(path("cert.pem"), "utf8"), key: readFileSync(path("key.pem"), "utf8") };
  });
  const issue = (names: string[], days = 2) =>
    inFolder((path) => {
      writeFileSync(path("ca.pem"), own.cert);
      writeFileSync(path("ca.key"), own.key);
      const asked = ["-keyout", path("key.pem"), "-out", path("request.pem")];
      openssl(["req", "-new", ...NEW_KEY, ...asked, ...subjectOf(names)]);
      openssl([
        ...["x509", "-req", "-in", path("request.pem"), "-out", path("cert.pem"), "-days", String(days)],
        ...["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial"],
        ...["-copy_extensions", "copy"],
      ]);
      return { cert: readFileSync(path("cert.pem"), "utf8"), key: readFileSync(path("key.pem"), "utf8") };
    });
  return { ca: own.cert, issue };
}

const openssl = (args: string[]) => void execFileSync("openssl", args, { stdio: "ignore" });

function inFolder<T>(work: (path: (file: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "assay-tls-"));
  try {
    return work((file) => join(folder, file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
