/** The matrix: every answer that a client must survive, with what must come of it. */
import { CODING } from "./coding.ts";
import { CONNECTION } from "./connection.ts";
import { FLOODS } from "./floods.ts";
import { FRAMING } from "./framing.ts";
import { HTTP2_ROWS } from "./http2.ts";
import { OK, type Row, sends } from "./row.ts";
import type { RowPlay } from "./server.ts";
import { STATUS } from "./status.ts";

/** All rows; each name stands once. */
export const ROWS: readonly Row[] = [
  ...FRAMING,
  ...STATUS,
  ...CODING,
  ...FLOODS,
  ...CONNECTION,
  ...HTTP2_ROWS,
];

/** What the raw server needs of them. */
export const PLAYS: Record<string, RowPlay> = Object.fromEntries(
  ROWS.map(({ name, play = sends(OK), early }) => [name, { play, early }]),
);
