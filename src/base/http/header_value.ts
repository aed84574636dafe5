/** RFC 9110 section 5.5, as far as a runtime can send it: a byte string without control characters. */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
