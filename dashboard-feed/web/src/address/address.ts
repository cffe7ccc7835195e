// What the page's address can contain, and so what a link can lead to.

export const VIEWS = ["overview", "votes", "seats", "runoff", "turnout", "districts", "ballots"] as const;
export type View = (typeof VIEWS)[number];

export interface Address {
  election: number | undefined;
  view: View;
  /** A wall display, which nobody touches. */
  wall: boolean;
  /** As requested; this file does not know which languages exist. */
  lang: string | undefined;
}

export function parseAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const election = query.get("election");
  const view = query.get("view");
  return {
    election: election !== null && /^\d{1,10}$/.test(election) ? Number(election) : undefined,
    view: VIEWS.find((known) => known === view) ?? "overview",
    wall: query.get("display") === "wall",
    lang: query.get("lang") ?? undefined,
  };
}

/** The shortest address for this; default values are left out. */
export function formatAddress({ election, view, wall, lang }: Address): string {
  const query = new URLSearchParams();
  if (election !== undefined) query.set("election", String(election));
  if (view !== "overview") query.set("view", view);
  if (wall) query.set("display", "wall");
  if (lang !== undefined) query.set("lang", lang);
  return query.size === 0 ? "./" : `?${query}`;
}
