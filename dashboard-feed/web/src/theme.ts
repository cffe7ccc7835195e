// Light or dark: follows the system until the user chooses.
import { computed, effect, signal } from "@preact/signals";

export const PREFERENCES = ["auto", "light", "dark"] as const;
export type Preference = (typeof PREFERENCES)[number];
export type Theme = "light" | "dark";

const KEY = "urna.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

const systemDark = signal(dark.matches);
const systemStill = signal(still.matches);

export const preference = signal<Preference>(remembered());

export const theme = computed<Theme>(() => {
  if (preference.value !== "auto") return preference.value;
  return systemDark.value ? "dark" : "light";
});

/** Whether things may move. */
export const moving = computed(() => !systemStill.value);

/** A browser may forbid storage; then the choice lasts as long as the page. */
function remembered(): Preference {
  try {
    const stored = localStorage.getItem(KEY);
    return PREFERENCES.find((known) => known === stored) ?? "auto";
  } catch {
    return "auto";
  }
}

export function prefer(wanted: Preference): void {
  preference.value = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // See above.
  }
}

export function startTheme(): void {
  dark.addEventListener("change", () => {
    systemDark.value = dark.matches;
  });
  still.addEventListener("change", () => {
    systemStill.value = still.matches;
  });
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}
