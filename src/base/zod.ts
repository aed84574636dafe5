/**
 * zod's small form, of which a bundle holds only the functions that are used. Its messages are English. What it keeps in objects
 * (`z.iso`, `z.coerce`) comes here as single functions, for a bundle would hold the whole object.
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

/** What has another shape, or is not there, is undefined. In place of `z.catch`, with which a bundle holds every helper of zod's (3 KB gzipped). */
export function lenient<T>(shape: ZodMiniType<T>): ZodMiniOptional<ZodMiniType<T>> {
  const read = pipe(unknown(), transform((value) => shape.safeParse(value).data as unknown));
  return optional(pipe(read, optional(shape))) as unknown as ZodMiniOptional<ZodMiniType<T>>;
}

/** The URL of something on the web. In place of `z.url`, with which a bundle holds a parser of URLs (1 KB gzipped). */
export const webUrl = (scheme = /^https?:\/\//i): ZodMiniType<string> =>
  string().check(refine((text) => scheme.test(text) && URL.canParse(text), "a URL"), meta({ format: "uri" }));

/** Two values of these shapes. In place of `z.tuple`, which takes any number of them (1 KB gzipped). */
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
 * A union whose branch is known from the value, by its place: only that one is tried, so its errors are precise. In a JSON Schema it is a union
 * like any.
 */
export function choice(branches: readonly ZodMiniType[], chosen: (value: unknown) => number): ZodMiniType {
  const any = union(branches);
  const run: typeof any._zod.run = (payload, context) =>
    branches[chosen(payload.value)]!._zod.run(payload, context) as ReturnType<typeof any._zod.run>;
  // What it does itself, and what others call.
  Object.assign(any._zod, { parse: run, run });
  return any;
}
