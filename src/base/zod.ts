/**
 * zod's small form, of which a bundle holds only the functions that are used. Its messages are English. What it keeps in objects
 * (`z.iso`, `z.coerce`) comes here as single functions, for a bundle would hold the whole object.
 */
import {
  config,
  type core,
  optional,
  pipe,
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
