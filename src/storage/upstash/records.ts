/** Records in Redis. */
import { RECORD, validateShape } from "../schema.ts";
import type { RecordStore } from "../store.ts";
import type { Commands } from "./client.ts";
import { PUT_SCRIPT } from "./lua.ts";
import type { Reader } from "./reader.ts";
import { decodeRecord, encodeRecord, type Keys } from "./values.ts";

/** The records of one database. */
export const upstashRecords = (
  commands: Commands,
  reader: Reader,
  { records }: Keys,
): RecordStore => ({
  async putRecord(record) {
    const own = validateShape(RECORD, record, "the record");
    const args = [own.key, `${own.order}`, encodeRecord(own)];
    return await commands.run(PUT_SCRIPT, [records(own.kind)], args, "once") === 1;
  },

  async listRecords({ kind, under = "", limit }) {
    const all = await reader.entries(records(kind));
    const wanted = all.filter(([key]) => key.startsWith(under)).sort(([a], [b]) => a < b ? -1 : 1)
      .slice(-limit);
    return wanted.map(([key, line]) =>
      validateShape(RECORD, { kind, key, ...decodeRecord(line) }, `the ${kind} ${key}`)
    );
  },

  deleteRecord: async (kind, key) => await commands.once(["HDEL", records(kind), key]) === 1,
});
