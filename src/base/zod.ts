/**
 * zod's mini build, so that a bundle contains only the functions used. Messages are English. The members of
 * `z.iso` and `z.coerce` are separate functions here, because a bundle would contain the whole object.
 */
import {
  array,
  config,
  type core,
  meta,
  optional,
  pipe,
  refine,
  string,
  transform,
  union,
  unknown,
  ZodMiniISODate,
  ZodMiniISODateTime,
  ZodMiniNumber,
  type ZodMiniOptional,
  type ZodMiniType,
} from "zod/mini";
import { _coercedNumber, _isoDate, _isoDateTime } from "zod/v4/core";
import en from "zod/v4/locales/en.js";

config(en());

export * from "zod/mini";

/** `z.iso.datetime` */
export const datetime = (params?: core.$ZodISODateTimeParams): ZodMiniISODateTime =>
  _isoDateTime(ZodMiniISODateTime, params);

/** `z.iso.date` */
export const isoDate = (): ZodMiniISODate => _isoDate(ZodMiniISODate);

/** `z.coerce.number` */
export const coercedNumber = <T = unknown>(): ZodMiniNumber<T> =>
  _coercedNumber(ZodMiniNumber) as ZodMiniNumber<T>;

/**
 * Invalid or missing values become undefined. Replaces `z.catch`, which would add all of zod's helpers to a
 * bundle (3 KB gzipped).
 */
export function lenient<T>(shape: ZodMiniType<T>): ZodMiniOptional<ZodMiniType<T>> {
  const read = pipe(unknown(), transform((value) => shape.safeParse(value).data as unknown));
  return optional(pipe(read, optional(shape))) as unknown as ZodMiniOptional<ZodMiniType<T>>;
}

/** A web URL. Replaces `z.url`, which would add a URL parser to a bundle (1 KB gzipped). */
export const webUrl = (scheme = /^https?:\/\//i): ZodMiniType<string> =>
  string().check(refine((text) => scheme.test(text) && URL.canParse(text), "a URL"), meta({ format: "uri" }));

/** A pair of these shapes. Replaces `z.tuple`, which takes any number of them (1 KB gzipped). */
export function pair<A, B>(first: ZodMiniType<A>, second: ZodMiniType<B>): ZodMiniType<[A, B]> {
  const shapes = [first, second];
  const read = transform((values: unknown[], context) =>
    shapes.map((shape, i) => {
      const input = values[i];
      const { data, error } = shape.safeParse(input);
      if (error) context.issues.push({ code: "custom", message: error.issues[0]!.message, path: [i], input });
      return data;
    })
  );
  const two = array(unknown()).check(refine(({ length }) => length === 2, "a pair"));
  return pipe(two, read) as unknown as ZodMiniType<[A, B]>;
}

/**
 * A union whose branch `chosen` picks by index. Only that branch is tried, so errors are precise. In a JSON
 * Schema it is an ordinary union.
 */
export function choice(branches: readonly ZodMiniType[], chosen: (value: unknown) => number): ZodMiniType {
  const any = union(branches);
  const run: typeof any._zod.run = (payload, context) =>
    branches[chosen(payload.value)]!._zod.run(payload, context) as ReturnType<typeof any._zod.run>;
  // zod calls `run`, which normally wraps `parse`: both are replaced.
  Object.assign(any._zod, { parse: run, run });
  return any;
}
