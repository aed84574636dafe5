/**
 * Imports Kubernetes manifests: readiness probes become reports; Ingresses and HTTPRoutes give their URLs.
 */
import { parseAllDocuments } from "yaml";
import {
  durationText,
  type Imported,
  type ImportedCheck,
  type Remark,
  type SecretNames,
  Taken,
} from "./draft.ts";

interface Manifest {
  kind?: string;
  metadata?: { name?: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
}
interface Route {
  url: string;
  path: string;
  service: string;
}

const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet", "Rollout", "Pod"]);

/** Imports the workloads that an Ingress or HTTPRoute makes public. */
export function importKubernetes(text: string, secrets: SecretNames): Imported {
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null)
    .flatMap((manifest) =>
      manifest?.kind === "List" ? (manifest as { items?: Manifest[] }).items ?? [] : manifest ?? []
    );
  const services = manifests.filter(({ kind }) => kind === "Service");
  const routes = manifests.flatMap((manifest) => [...ingressRoutes(manifest), ...gatewayRoutes(manifest)]);
  const remarks: Remark[] = [];
  const checks = manifests.filter(({ kind }) => WORKLOADS.has(kind ?? "")).flatMap((workload) => {
    const name = workload.metadata?.name ?? "workload";
    const pod = podOf(workload);
    const service = services.find(({ spec }) =>
      isSelected(spec?.selector as Record<string, string>, pod.labels)
    );
    const route = routes.find(({ service: to }) => to === service?.metadata?.name);
    if (!route) {
      const text = "it has no route from outside: push its report from inside (assay push --http)";
      remarks.push({ kind: "lost", at: `${workload.kind} ${name}`, text });
      return [];
    }
    return [checkOf(name, workload, pod, { route, secrets })];
  });
  return { checks, remarks };
}

interface Pod {
  labels: Record<string, string>;
  containers: Record<string, unknown>[];
  graceSeconds: number;
}

function podOf({ kind, metadata, spec }: Manifest): Pod {
  const template = kind === "Pod" ? { metadata, spec } : (spec?.template ?? {}) as Manifest;
  return {
    labels: template.metadata?.labels ?? {},
    containers: (template.spec?.containers ?? []) as Record<string, unknown>[],
    graceSeconds: Number(template.spec?.terminationGracePeriodSeconds ?? 30),
  };
}

const isSelected = (selector: Record<string, string> | undefined, labels: Record<string, string>) =>
  selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);

function checkOf(
  name: string,
  workload: Manifest,
  pod: Pod,
  { route, secrets }: { route: Route; secrets: SecretNames },
): ImportedCheck {
  const at = `${workload.kind} ${name}`;
  const remarks: Remark[] = [];
  const probes = pod.containers.map((container) => new Taken(container, `${at} ${container.name}`));
  const readiness = probes.map((probe) => probe.take<Record<string, unknown>>("readinessProbe")).find(
    Boolean,
  );
  const startup = probes.map((probe) => probe.take<Record<string, unknown>>("startupProbe")).find(Boolean);
  if (probes.some((probe) => probe.take("livenessProbe"))) {
    remarks.push({
      kind: "lost",
      at: `${at}.livenessProbe`,
      text: "liveness makes no claim about readiness",
    });
  }
  const report = reportOf(readiness, { route, at, name, secrets, remarks });
  const text = `write a journey that uses ${name}: this one only requests ${route.path}`;
  remarks.push({ kind: "approximated", at: `${at}.journey`, text });
  const namespace = workload.metadata?.namespace;
  const startupMs = Number(startup?.periodSeconds ?? 10) * Number(startup?.failureThreshold ?? 3) * 1_000;
  return {
    url: route.url,
    name,
    labels: namespace ? { namespace } : {},
    check: {
      ...report,
      ...startup && report.report && { startupBudget: durationText(startupMs) },
      ...report.report && { drainWindow: `${pod.graceSeconds + 30}s` },
      journey: [{ request: { path: route.path }, expect: ["status == 200"] }],
    },
    remarks,
  };
}

interface ReportOptions {
  route: Route;
  at: string;
  name: string;
  secrets: SecretNames;
  remarks: Remark[];
}

function reportOf(
  probe: Record<string, unknown> | undefined,
  { route, at, name: about, secrets, remarks }: ReportOptions,
) {
  if (!probe) {
    remarks.push({ kind: "lost", at, text: "it has no readinessProbe, so it makes no claim" });
    return {};
  }
  const http = probe.httpGet as
    | { path?: string; httpHeaders?: { name: string; value: string }[] }
    | undefined;
  const grpc = probe.grpc as { service?: string } | undefined;
  const timeout = { timeout: `${Number(probe.timeoutSeconds ?? 1)}s` };
  if (grpc) {
    remarks.push({
      kind: "approximated",
      at: `${at}.readinessProbe.grpc`,
      text: "over Connect or gRPC-Web, if the service supports one of them",
    });
    return { report: { dialect: "grpc-health", ...grpc.service && { service: grpc.service }, ...timeout } };
  }
  if (!http) {
    const kind = Object.keys(probe).find((key) => key === "exec" || key === "tcpSocket") ?? "probe";
    remarks.push({
      kind: "lost",
      at: `${at}.readinessProbe.${kind}`,
      text: "it does not use HTTP: push the report instead",
    });
    return {};
  }
  const path = http.path ?? "/";
  if (!path.startsWith(route.path.replace(/\/$/, ""))) {
    const text = `these manifests do not route ${path} from outside, only ${route.path}`;
    remarks.push({ kind: "approximated", at: `${at}.readinessProbe`, text });
  }
  const headers = Object.fromEntries(
    (http.httpHeaders ?? []).filter(({ name }) => !/^host$/i.test(name)).map((
      { name, value },
    ) => [name, secrets.header(name, value, about)]),
  );
  return { report: { path, ...Object.keys(headers).length > 0 && { headers }, ...timeout } };
}

interface IngressSpec {
  tls?: { hosts?: string[] }[];
  rules?: {
    host?: string;
    http?: { paths?: { path?: string; backend?: { service?: { name?: string } } }[] };
  }[];
}

function ingressRoutes({ kind, spec }: Manifest): Route[] {
  if (kind !== "Ingress") return [];
  const { tls = [], rules = [] } = spec as IngressSpec;
  const secure = new Set(tls.flatMap(({ hosts = [] }) => hosts));
  return rules.flatMap(({ host, http }) =>
    !host || host.startsWith("*") ? [] : (http?.paths ?? []).map(({ path = "/", backend }) => ({
      url: `${secure.has(host) ? "https" : "http"}://${host}`,
      path: plainPath(path),
      service: backend?.service?.name ?? "",
    }))
  );
}

interface RouteSpec {
  hostnames?: string[];
  rules?: { matches?: { path?: { value?: string } }[]; backendRefs?: { name?: string }[] }[];
}

function gatewayRoutes({ kind, spec }: Manifest): Route[] {
  if (kind !== "HTTPRoute") return [];
  const { hostnames = [], rules = [] } = spec as RouteSpec;
  const [host] = hostnames.filter((name) => !name.startsWith("*"));
  if (!host) return [];
  return rules.flatMap(({ matches = [{}], backendRefs = [] }) =>
    backendRefs.map(({ name = "" }) => ({
      url: `https://${host}`,
      path: plainPath(matches[0]?.path?.value ?? "/"),
      service: name,
    }))
  );
}

/** The part of a path before its first pattern character. */
const plainPath = (path: string) => path.replace(/[(*\\[^$].*$/, "") || "/";
