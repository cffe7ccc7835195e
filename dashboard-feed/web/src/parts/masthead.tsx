// The head of the page: which election, which language, which colours.
import type { ComponentChildren } from "preact";
import { addressWith, go } from "../address/current";
import favicon from "../favicon.svg";
import { now } from "../feed/clock";
import { elections } from "../feed/feed";
import { language, say } from "../language/language";
import { LANGUAGES } from "../language/messages";
import { byInterest } from "../result/elections";
import { PREFERENCES, prefer, preference } from "../theme";
import { follows } from "./link";

export function Masthead({ election }: { election: number | undefined }) {
  return (
    <header class="masthead">
      <a class="skip" href="#result">
        {say("page.skip")}
      </a>
      <p class="brand" translate={false}>
        <img src={favicon} alt="" width="24" height="24" />
        Urna
      </p>
      <ElectionChoice election={election} />
      <div class="settings">
        <Choice
          label={say("settings.language")}
          value={language.value}
          onChoice={(lang) => go({ lang })}
          options={Object.entries(LANGUAGES).map(([value, { name, locale }]) => (
            <option key={value} value={value} lang={locale}>
              {name}
            </option>
          ))}
        />
        <Choice
          label={say("settings.theme")}
          value={preference.value}
          onChoice={(value) => prefer(PREFERENCES.find((known) => known === value) ?? "auto")}
          options={PREFERENCES.map((value) => (
            <option key={value} value={value}>
              {say(`theme.${value}`)}
            </option>
          ))}
        />
        <a class="button" href={addressWith({ wall: true })} onClick={follows(openWall)}>
          {say("wall.open")}
        </a>
      </div>
    </header>
  );
}

/** Browsers allow full screen only after a user action; if it is refused, the window will do. */
function openWall() {
  document.documentElement.requestFullscreen?.().catch(() => undefined);
  go({ wall: true });
}

function ElectionChoice({ election }: { election: number | undefined }) {
  const list = elections.value ?? [];
  if (list.length < 2) return null;
  const isListed = list.some((one) => one.election === election);
  return (
    <Choice
      class="elections"
      label={say("elections.choose")}
      value={isListed ? String(election) : ""}
      onChoice={(value) => go({ election: Number(value), view: "overview" })}
      options={
        <>
          {isListed ? null : <option value="">–</option>}
          {byInterest(list, now.value).map((one) => (
            <option key={one.election} value={String(one.election)}>
              {one.title}
            </option>
          ))}
        </>
      }
    />
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: ComponentChildren;
  onChoice: (value: string) => void;
  class?: string;
}

function Choice({ label, value, options, onChoice, class: name = "" }: ChoiceProps) {
  return (
    <label class={`choice ${name}`}>
      <span class="visually-hidden">{label}</span>
      <select value={value} onChange={(event) => onChoice(event.currentTarget.value)}>
        {options}
      </select>
    </label>
  );
}
