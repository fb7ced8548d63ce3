/** Numbers, days and names in words. */

const LOCALE = "en";
const whole = new Intl.NumberFormat(LOCALE);
const dayShort = new Intl.DateTimeFormat(LOCALE, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const dayFull = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const monthFull = new Intl.DateTimeFormat(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" });
const monthName = new Intl.DateTimeFormat(LOCALE, { month: "long", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit", timeZone: "UTC" });

export const number = (n: number): string => whole.format(n);
export const count = (n: number, one: string, many = `${one}s`): string => `${whole.format(n)} ${n === 1 ? one : many}`;

const utc = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(/(Z|[+-]\d\d:?\d\d)$/, "")}Z`);

export const day = (iso: string | null | undefined): string => (iso ? dayShort.format(utc(iso)) : "Time unknown");
export const longDay = (iso: string | null | undefined): string => (iso ? dayFull.format(utc(iso.slice(0, 10))) : "Time unknown");
export const month = (iso: string): string => (iso === "unknown" ? "Time unknown" : monthFull.format(utc(`${iso}-01`)));
/** "October 2024", or "October to December 2024" for a longer span. */
export const months = (first: string, last: string): string =>
  first === last || first === "unknown" ? month(first) : `${monthName.format(utc(`${last}-01`))} to ${month(first)}`;
export const time = (iso: string): string => moment.format(utc(iso));

export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  let value = n;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "golden retriever" to "Golden retriever". */
export const title = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The last part of a path, either kind of slash. */
export const baseName = (path: string): string => path.split(/[\\/]/).pop() || path;

export function exposure(seconds: number): string {
  return seconds >= 0.4 ? `${Number(seconds.toFixed(1))} s` : `1/${Math.round(1 / seconds)} s`;
}
