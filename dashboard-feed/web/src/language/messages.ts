// The messages of every language, and how one becomes a sentence.
import en from "../messages/en.json";
import ka from "../messages/ka.json";
import sr from "../messages/sr.json";

/** By the number it is about: which forms there are depends on the language. */
type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;
export type Key = keyof typeof en;
export type Messages = Record<Key, string | Plural>;

/** Serbian in Latin letters, as the names of its lists are written in the scenarios. */
export const LANGUAGES = {
  en: { name: "English", locale: "en-GB", messages: en satisfies Messages as Messages },
  sr: { name: "Srpski", locale: "sr-Latn-RS", messages: sr satisfies Messages as Messages },
  ka: { name: "ქართული", locale: "ka-GE", messages: ka satisfies Messages as Messages },
} as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

/** The first requested language that exists; English if there is none. */
export function chooseLanguage(asked: readonly string[]): Language {
  const languages = asked.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return languages.find(isLanguage) ?? "en";
}

/** Texts to put into a message; `count` also chooses the plural form. */
export interface Parameters {
  [name: string]: string | number;
}

/** The message with its parameters filled in. Numbers are formatted for the language. */
export function compose(
  language: Language,
  key: Key,
  parameters: Parameters,
  write: (number: number) => string,
): string {
  const { messages, locale } = LANGUAGES[language];
  const message = messages[key];
  const text = typeof message === "string" ? message : chooseForm(message, locale, parameters["count"]);
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return hole;
    return typeof value === "number" ? write(value) : value;
  });
}

function chooseForm(forms: Plural, locale: string, count: string | number | undefined): string {
  const form = new Intl.PluralRules(locale).select(Number(count));
  return forms[form] ?? forms.other ?? "";
}
