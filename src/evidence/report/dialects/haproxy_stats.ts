import { records, scalar } from "../json.ts";
import type { ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** The fields read from one row of the statistics. */
interface Row {
  proxy: string;
  name: string;
  status: string;
}

/** The backends in HAProxy's statistics, `;csv` or `;json`; undefined for any other text. */
export function backendsOf(text: string, json: unknown): Subsystem[] | undefined {
  const rows = csvRows(text) ?? jsonRows(json);
  if (!rows) return undefined;
  return rows.filter(({ name }) => name === "BACKEND").map(({ proxy, status }) => {
    const servers = rows.filter((row) =>
      row.proxy === proxy && row.name !== "BACKEND" && row.name !== "FRONTEND"
    );
    return {
      name: proxy,
      state: stateOf(status, servers),
      layer: "process",
      required: true,
      message: [status, ...servers.slice(0, 8).map((row) => `${row.name} ${row.status}`)].join(", "),
    };
  });
}

function stateOf(status: string, servers: Row[]): ReportState {
  const isUp = /^UP\b/.test(status);
  if (!isUp && !/^DOWN\b/.test(status)) return "unknown";
  if (isUp) {
    return servers.length > 0 && servers.every((row) => row.status === "no check") ? "unknown" : "ready";
  }
  return servers.some((row) => /^(DRAIN|MAINT|NOLB)\b/.test(row.status)) ? "draining" : "not_ready";
}

function csvRows(text: string): Row[] | undefined {
  if (!text.startsWith("# pxname,svname,")) return undefined;
  const [head = "", ...lines] = text.split(/\r?\n/);
  const column = head.slice(2).split(",").indexOf("status");
  return lines.filter((line) => line !== "").map((line) => {
    const cells = line.split(",");
    return { proxy: cells[0] ?? "", name: cells[1] ?? "", status: cells[column] ?? "" };
  });
}

/** A list of rows, each a list of `{objType, field: {name}, value: {value}}`. */
function jsonRows(json: unknown): Row[] | undefined {
  if (!Array.isArray(json) || json.length === 0) return undefined;
  if (!json.every((row) => records(row)[0]?.objType !== undefined)) return undefined;
  return json.map((row) => {
    const cells = new Map(
      records(row).map(({ field, value }) => [
        isRecord(field) ? field.name : undefined,
        isRecord(value) ? scalar(value.value) : "",
      ]),
    );
    return {
      proxy: cells.get("pxname") ?? "",
      name: cells.get("svname") ?? "",
      status: cells.get("status") ?? "",
    };
  });
}
