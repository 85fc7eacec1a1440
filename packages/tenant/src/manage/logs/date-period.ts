const form = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** A period of time: from `startMs` (epoch) on, and before `endMs`. */
export interface DatePeriod {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The year, month, day, minute, second or millisecond that `text` names, as ISO 8601 writes them; in UTC where it names no offset. Undefined where it is none.
 */
export function datePeriodOf(text: string): DatePeriod | undefined {
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', millisecond = '000', offset = 'Z'] =
    form.exec(text) ?? [];
  if (year === undefined) return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}`;
  const [startMs, localMs] = [Date.parse(`${local}${offset}`), Date.parse(`${local}Z`)];
  // The 30th of February would be a day of March.
  if (!Number.isFinite(startMs) || new Date(localMs).toISOString() !== `${local}Z`) return undefined;
  return { startMs, endMs: startMs + (endOf(text, new Date(localMs)) - localMs) };
}

/** When the period ends that `text` names, and that begins at `start`: epoch ms, as if both were in UTC. */
function endOf(text: string, start: Date): number {
  const end = new Date(start);
  if (text.length === 4) return end.setUTCFullYear(start.getUTCFullYear() + 1);
  if (text.length === 7) return end.setUTCMonth(start.getUTCMonth() + 1);
  if (text.length === 10) return end.setUTCDate(start.getUTCDate() + 1);
  const [, seconds, milliseconds] = /T\d\d:\d\d(:\d\d)?(\.\d{3})?/.exec(text) ?? [];
  return start.getTime() + (milliseconds !== undefined ? 1 : seconds !== undefined ? 1_000 : 60_000);
}
