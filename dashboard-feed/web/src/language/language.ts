// The language of the page, and its messages and number formats.
import { computed, effect } from "@preact/signals";
import { address } from "../address/current";
import type { TimeLeft } from "../result/phase";
import { chooseLanguage, compose, type Key, LANGUAGES, type Parameters } from "./messages";

/** From the address, or else the browser's preference. */
export const language = computed(() => {
  const asked = address.value.lang;
  return chooseLanguage([...(asked === undefined ? [] : [asked]), ...navigator.languages]);
});

const formats = computed(() => {
  const { locale } = LANGUAGES[language.value];
  const percent = (digits: number, least = digits) =>
    new Intl.NumberFormat(locale, {
      style: "percent",
      minimumFractionDigits: least,
      maximumFractionDigits: digits,
    });
  return {
    whole: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
    share: percent(2),
    turnout: percent(1),
    limit: percent(3, 0),
    time: new Intl.DateTimeFormat(locale, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hour12: false,
    }),
    minute: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }),
    moment: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", hour12: false }),
    list: new Intl.ListFormat(locale, { type: "conjunction" }),
  };
});

/** A message in the language of the page. */
export function say(key: Key, parameters: Parameters = {}): string {
  return compose(language.value, key, parameters, whole);
}

export function whole(number: number): string {
  return formats.value.whole.format(number);
}

/** A share of votes, with two decimals; a dash if there is none. */
export function share(part: number | undefined): string {
  return part === undefined ? "–" : formats.value.share.format(part);
}

/** A turnout, with one decimal. */
export function turnout(part: number): string {
  return formats.value.turnout.format(part);
}

/** A limit that somebody set, with the decimals that it has. `percent` is 5 for 5 %. */
export function limit(percent: number): string {
  return formats.value.limit.format(percent / 100);
}

/** The time of day, to the second. */
export function time(ms: number): string {
  return formats.value.time.format(ms);
}

/** The time of day, to the minute. */
export function minute(ms: number): string {
  return formats.value.minute.format(ms);
}

/** Date and time. */
export function moment(ms: number): string {
  return formats.value.moment.format(ms);
}

export function names(all: readonly string[]): string {
  return formats.value.list.format(all);
}

export function duration(left: TimeLeft): string {
  const parts = [];
  for (const unit of ["days", "hours", "minutes", "seconds"] as const) {
    const count = left[unit];
    if (count !== undefined) parts.push(say(`time.${unit}`, { count }));
  }
  return parts.join(" ");
}

export function startLanguage(): void {
  effect(() => {
    const { locale } = LANGUAGES[language.value];
    document.documentElement.lang = locale;
  });
}
