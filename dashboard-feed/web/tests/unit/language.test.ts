import { expect, test } from "vitest";
import { chooseLanguage, compose, type Key, LANGUAGES, type Language } from "../../src/language/messages";

const all = Object.keys(LANGUAGES) as Language[];
const keys = Object.keys(LANGUAGES.en.messages) as Key[];

function textsOf(language: Language, key: Key): string[] {
  const message = LANGUAGES[language].messages[key];
  return typeof message === "string" ? [message] : Object.values(message);
}

function holes(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted();
}

test.each(all)("%s says everything, and nothing else", (language) => {
  expect(Object.keys(LANGUAGES[language].messages).toSorted()).toEqual(keys.toSorted());
});

test.each(all)("%s leaves no message empty", (language) => {
  for (const key of keys) for (const text of textsOf(language, key)) expect(text.trim(), key).not.toBe("");
});

test.each(all)("%s puts the same things into its messages as English", (language) => {
  for (const key of keys) {
    const english = new Set(textsOf("en", key).flatMap(holes));
    for (const text of textsOf(language, key)) expect(new Set(holes(text)), key).toEqual(english);
  }
});

test.each(all)("%s has every plural form that it needs", (language) => {
  const { locale, messages } = LANGUAGES[language];
  const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
  for (const key of keys) {
    const message = messages[key];
    if (typeof message !== "string") expect(Object.keys(message).toSorted(), key).toEqual(forms);
  }
});

test.each(all.filter((language) => language !== "en"))("%s is not English", (language) => {
  const same = keys.filter((key) => textsOf(language, key).join() === textsOf("en", key).join());
  expect(same).toEqual([]);
});

test("plurals follow the language", () => {
  const write = String;
  const seats = (language: Language, count: number) => compose(language, "seats.open", { count }, write);
  expect(seats("en", 1)).toBe("1 seat is open");
  expect(seats("en", 2)).toBe("2 seats are open");
  expect(seats("sr", 21)).toBe("21 mandat je otvoren");
  expect(seats("sr", 3)).toBe("3 mandata su otvorena");
  expect(seats("sr", 11)).toBe("11 mandata je otvoreno");
  expect(seats("ka", 5)).toBe("5 მანდატი ღიაა");
});

test("the language is the first asked for that there is", () => {
  expect(chooseLanguage(["sr-Cyrl-RS", "en"])).toBe("sr");
  expect(chooseLanguage(["de", "ka-GE", "en"])).toBe("ka");
  expect(chooseLanguage(["toString", "de"])).toBe("en");
  expect(chooseLanguage([])).toBe("en");
});
