/**
 * Where a prober is: Cloudflare's trace endpoint names the data centre, and a table lists the location hints
 * that it may serve.
 */
import { exchange, USER_AGENT } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Ports } from "../../base/ports.ts";
import { HOUR_MS, MINUTE_MS } from "../../base/time.ts";

/** Where a prober measured itself to be. */
export interface ProberLocation {
  /** The data centre by its airport code, such as `FRA`; absent if it could not be measured. */
  colo?: string;
  /** It is known to be in another place than asked for. */
  misplaced: boolean;
}

/**
 * Data centres (IATA codes) by the location hint they serve, as far as known. One near a border stands in
 * both lists; one in no list is never called misplaced. Source: Cloudflare's "Data location" and network
 * pages, 2026-11.
 */
const COLOS: Record<string, string> = {
  wnam:
    "ABQ ANC BOI DEN DFW GDL HNL IAH LAS LAX MCI MEX MSP OKC OMA PDX PHX QRO SAN SAT SEA SFO SJC SLC SMF YEG YVR YWG YYC YXE",
  enam:
    "ATL AUS BGR BNA BOS BUF CLE CLT CMH DFW DTW EWR FSD IAD IAH IND JAX MCI MEM MEX MIA MKE MSP OKC OMA ORD ORF PHL PIT QRO RDU RIC SAT STL TLH TPA YHZ YOW YUL YWG YYZ",
  weur:
    "AMS ARN BCN BER BOD BRU CDG CPH DUB DUS EDI FCO FRA GOT GVA HAM HEL KEF LHR LIS LUX LYS MAD MAN MRS MUC MXP OPO ORK OSL PMO STR TXL VIE ZRH",
  eeur:
    "ARN ATH BEG BTS BUD CPH DME EVN GOT HEL IST KBP KIV LED LJU MSQ OSL OTP PRG RIX SKG SKP SOF SVX TBS TIA TLL VIE VNO WAW WRO ZAG",
  "apac-ne": "CAN CTU FUK HKG ICN KHH KIX MFM NRT OKA PEK PVG SHA SZX TPE ULN",
  "apac-se": "BKK BWN CEB CGK CNX CRK DAD DPS HAN HKG JHB JOG KCH KUL MFM MNL PNH RGN SGN SIN URT VTE",
  apac:
    "BKK BLR BOM BWN CAN CCU CEB CGK CMB CNX COK CRK CTU DAC DAD DEL DPS FUK HAN HKG HYD ICN IXC JHB JOG KCH KHH KIX KTM KUL MAA MFM MLE MNL NAG NRT OKA PBH PEK PNH PNQ PVG RGN SGN SHA SIN SZX TPE ULN VTE",
  oc: "ADL AKL BNE CBR CHC GUM HBA MEL NOU PER PPT SUV SYD WLG",
  sam:
    "ARI ASU BAQ BEL BOG BSB CAW CFC CGB CLO CNF COR CWB EZE FLN FOR GEO GIG GRU GYE GYN ITJ JDO JOI LIM LPB MAO MDE MVD NQN NVT PMW POA PTY QWJ RAO REC SCL SJK SJP SOD SSA UDI UIO VCP VIX",
  afr:
    "ABJ ACC ADD ALG BOD CPT DAR DKR DUR EBB FIH GBE HRE JIB JNB KGL LAD LLW LOS LUN MBA MPM MRU NBO OUA RUN TNR TUN WDH",
  me: "AMM BAH BEY BGW BSR DMM DOH DXB EBL ISU JED KWI LCA LLK MCT NJF RUH TLV XNH ZDM",
};

const HINTS = new Map<string, Set<string>>();
for (const [hint, colos] of Object.entries(COLOS)) {
  for (const colo of colos.split(" ")) HINTS.set(colo, (HINTS.get(colo) ?? new Set()).add(hint));
}

/** Whether a data centre is known to serve other places than `hint`. */
export function isMisplaced(hint: string, colo: string | undefined): boolean {
  const served = colo === undefined ? undefined : HINTS.get(colo);
  return served !== undefined && !served.has(hint);
}

const TRACE = new URL("https://cloudflare.com/cdn-cgi/trace");
const RETRY_MS = MINUTE_MS;

/** Storage that outlives the process, such as a Durable Object's. */
export interface LocationStore {
  get<T>(key: string): Promise<T | undefined>;
  put<T>(key: string, value: T): Promise<void>;
}

/** A measurement and its time (epoch ms). */
interface Measurement {
  at: number;
  colo?: string;
}

const KEY = "place";

/**
 * Measures where this prober is, at most once an hour. A failed measurement keeps the last result and is
 * retried after a minute.
 */
export function locator(ports: Ports, hint: string, store: LocationStore): () => Promise<ProberLocation> {
  let known: Measurement | undefined;
  return async () => {
    const nowMs = ports.clock.now();
    known ??= await store.get<Measurement>(KEY).catch((error) => logUnsaved(ports, error));
    const keepMs = known?.colo ? HOUR_MS : RETRY_MS;
    if (!known || Math.abs(nowMs - known.at) >= keepMs) {
      const colo = await measureColo(ports) ?? known?.colo;
      known = { at: nowMs, ...(colo && { colo }) };
      await store.put(KEY, known).catch((error) => logUnsaved(ports, error));
    }
    return { misplaced: isMisplaced(hint, known.colo), ...(known.colo && { colo: known.colo }) };
  };
}

/** If saving fails, the place is measured again after a restart; rounds are not affected. */
const logUnsaved = ({ log }: Ports, error: unknown): undefined =>
  void log.warn("the measured place cannot be stored", { error: messageOf(error) });

async function measureColo(ports: Ports): Promise<string | undefined> {
  const request = { url: TRACE, method: "GET", headers: { "user-agent": USER_AGENT } };
  const answer = await exchange(ports, request, { deadlineMs: 2_000, capBytes: 4_096 });
  if (answer.kind === "failure" || answer.status !== 200) return undefined;
  return /^colo=([A-Z]{3})$/m.exec(new TextDecoder().decode(answer.bytes))?.[1];
}
