/** Statuses, interim answers and redirects. A redirect is answered as it is: whether to follow is for others to say. */
import type { Move } from "./play.ts";
import { breaks, type Expected, head, IS_LATE, IS_OK, OK, type Row, sends } from "./row.ts";

const says = (status: string) => sends(`${head(`HTTP/1.1 ${status} Word`, "content-length: 2")}ok`);

/** RFC 9110 section 15: three digits; what is past the classes is the server's own. */
const ANSWERS: Row[] = [
  200,
  201,
  203,
  206,
  226,
  299,
  300,
  400,
  401,
  403,
  407,
  418,
  426,
  429,
  451,
  499,
  500,
  503,
  511,
  530,
  599,
  600,
  777,
  999,
]
  .map((status) => {
    const expected = { status, text: "ok" };
    return { name: `status ${status}`, play: says(String(status)), deno: expected };
  });

const NO_STATUS: Row[] = ["000", "007", "099", "20", "2000", "2xx", "-200", ""].map((status) => ({
  name: `status ${status || "left out"}`,
  play: says(status),
  deno: breaks(/Invalid|Expected|Parse|status|Missing/i),
}));

const HINTS = head("HTTP/1.1 103 Early Hints", "link: </a.css>; rel=preload");
const UPGRADE = ["connection: upgrade", "upgrade: websocket"];
const OTHER_PROTOCOL = breaks(/another protocol|101|upgrade/i);

const INTERIM: Row[] = [
  {
    name: "100 unasked, then the answer",
    play: sends(head("HTTP/1.1 100 Continue") + OK),
    deno: IS_OK,
  },
  {
    name: "100 with a field, in pieces",
    play: () => [{ drip: head("HTTP/1.1 100 Continue", "x-a: 1") }, { send: OK }],
    deno: IS_OK,
  },
  {
    name: "102 and 103, then the answer",
    play: sends(head("HTTP/1.1 102 Processing"), HINTS, OK),
    deno: IS_OK,
  },
  { name: "50 interim answers, then the answer", play: sends(HINTS.repeat(50) + OK), deno: IS_OK },
  { name: "199, then the answer", play: sends(head("HTTP/1.1 199 Odd") + OK), deno: IS_OK },
  { name: "100, then silence", play: sends(head("HTTP/1.1 100 Continue")), deno: IS_LATE },
  {
    name: "103, then the end",
    play: () => [{ send: HINTS }, { end: "fin" }],
    deno: breaks(/closed|end|hang up/i),
  },
  {
    name: "101 with an upgrade",
    play: sends(head("HTTP/1.1 101 Switching Protocols", ...UPGRADE)),
    deno: OTHER_PROTOCOL,
    workerd: { status: 101, text: "" },
  },
  {
    name: "101 without one",
    play: sends(head("HTTP/1.1 101 Switching Protocols")),
    deno: OTHER_PROTOCOL,
    workerd: { status: 101, text: "" },
  },
  {
    name: "101 to a POST",
    method: "POST",
    body: "a",
    play: sends(head("HTTP/1.1 101 Switching Protocols", ...UPGRADE)),
    deno: OTHER_PROTOCOL,
    workerd: { status: 101, text: "" },
  },
];

/** Name, status, fields, and the `location` that is told. */
const REDIRECTS: [string, number, string[], string | null][] = [
  ["301 to another path", 301, ["location: /ok"], "/ok"],
  ["302 to another origin", 302, ["location: http://other.test/ok"], "http://other.test/ok"],
  ["303 to another scheme", 303, ["location: https://shop.test/ok"], "https://shop.test/ok"],
  ["307 without a scheme", 307, ["location: //shop.test/ok"], "//shop.test/ok"],
  ["308 to itself", 308, ["location: ?"], "?"],
  ["302 without a location", 302, [], null],
  ["302 to an empty location", 302, ["location:"], ""],
  ["302 with a fragment", 302, ["location: /ok#top"], "/ok#top"],
  ["302 with spaces", 302, ["location: /a b?c d"], "/a b?c d"],
  ["302 to a script", 302, ["location: javascript:alert(1)"], "javascript:alert(1)"],
  ["302 to credentials", 302, ["location: http://a:b@other.test/"], "http://a:b@other.test/"],
  ["302 to no URL", 302, ["location: http://["], "http://["],
  ["302 with 8 kB", 302, [`location: /${"a".repeat(8_000)}`], `/${"a".repeat(8_000)}`],
  ["302 with two locations", 302, ["location: /a", "location: /b"], "/a, /b"],
];

const asRow = ([name, status, fields, location]: typeof REDIRECTS[number]): Row => {
  const expected: Expected = { status, text: "", location };
  const play = sends(head(`HTTP/1.1 ${status} Found`, ...fields, "content-length: 0"));
  // An empty field is none there.
  return {
    name,
    play,
    deno: expected,
    workerd: location === "" ? { ...expected, location: null } : undefined,
  };
};

const UTF8_LOCATION: Row = {
  name: "302 in raw UTF-8",
  play: sends(head("HTTP/1.1 302 Found", "location: /café", "content-length: 0")),
  deno: { status: 302, text: "", location: "/café" },
};

const endless = (name: string, ...moves: Move[]): Row => ({
  name,
  play: () => moves,
  deno: breaks(/1xx more than/),
  workerd: null,
});

const INTERIM_FLOODS: Row[] = [
  endless("100 without end", { flood: head("HTTP/1.1 100 Continue") }),
  endless("102 without end", { flood: head("HTTP/1.1 102 Processing") }),
  endless("103 without end", { flood: HINTS }),
  endless("199 with 1 kB, without end", { flood: head("HTTP/1.1 199 Odd", `x-a: ${"a".repeat(1_000)}`) }),
];

/** See the file's head. */
export const STATUS: Row[] = [
  ...ANSWERS,
  ...NO_STATUS,
  ...INTERIM,
  ...INTERIM_FLOODS,
  ...REDIRECTS.map(asRow),
  UTF8_LOCATION,
];
