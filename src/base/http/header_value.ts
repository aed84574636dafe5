/** A header value (RFC 9110 section 5.5) that runtimes can send: a byte string without control characters. */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
