// What real laws ask for besides, in plain words: a real result with that in it.
import { describe, expect, test } from "vitest";
import { compose, type Key, LANGUAGES, type Language, type Parameters } from "../../../src/language/messages";
import type { Candidate, Result } from "../../../src/result/result";
import type { Night } from "../night.test";
import { showing } from "./unusual";

const ALL = Object.keys(LANGUAGES) as Language[];

function said(language: Language, key: Key, parameters: Parameters): string {
  const { locale } = LANGUAGES[language];
  return compose(language, key, parameters, (number) => new Intl.NumberFormat(locale).format(number));
}

/** The seats view, or that of an office, in every language. */
async function inEveryLanguage(
  night: Night,
  result: Result,
  [view, shown]: [string, string],
  expected: (language: Language) => string[],
): Promise<void> {
  for (const language of ALL) {
    const visit = await showing(night, result, `${view}&lang=${language}`);
    const text = (await visit.text()).replaceAll(" ", " ");
    for (const sentence of expected(language)) expect(text).toContain(sentence.replaceAll(" ", " "));
    await visit.expectAccessible();
    await visit.screenshot(`laws-${shown}-${language}`);
    await visit.page.context().close();
  }
}

/** The first three lists of the parliament, with so many seats each. */
async function three(night: Night): Promise<[Result, Candidate, Candidate, Candidate]> {
  const result = await night.stack.result(night.parliament);
  const [a, b, c] = result.candidates;
  if (a === undefined || b === undefined || c === undefined) throw new Error("there are three");
  return [result, a, b, c];
}

export function laws(night: Night): void {
  describe("what real laws ask for", () => {
    test("alliances, exhausted lists, those that take no part, and the base of a threshold", async () => {
      const [result, a, b, c] = await three(night);
      const law: Result = {
        ...result,
        rules: {
          method: "dhondt",
          seats: 8,
          threshold: { percent: "2.5", of: "registered", strict: true, alliances: true },
        },
        alliances: [[1, 2]],
        candidates: [
          { ...a, votes: 5000, seats: 2, standing: "reached", candidates: 2 },
          { ...b, votes: 3000, seats: 3, standing: "reached", seats_won: 4 },
          { ...c, votes: 2000, seats: 0, standing: "takes_no_part" },
        ],
        outcome: { seats: [2, 3, 0], open_seats: 3, ties: [] },
      };
      await inEveryLanguage(night, law, ["seats", "alliances"], (language) => [
        said(language, "rules.together", {}),
        said(language, "rules.alliances", {}),
        said(language, "alliances.title", {}),
        said(language, "seats.empty", { count: 3 }),
      ]);
      const visit = await showing(night, law, "seats");
      const text = await visit.text();
      expect(text).toContain("with the votes of more than 2.5% of all registered voters");
      expect(text).toContain(`${a.name} and ${b.name}: together 5 seats with 8,000 votes`);
      const table = (await visit.numbers()).tables["seats"];
      expect(table?.["1"]?.["note"]).toContain("all its 2 candidates have a seat");
      expect(table?.["2"]?.["note"]).toContain("has 4 seats already");
      expect(table?.["2"]?.["note"]).toContain(`stands with ${a.name}`);
      expect(table?.["3"]?.["note"]).toBe("takes no part here");
      await visit.page.context().close();
    });

    test("a threshold of an electorate that is not known", async () => {
      const [result] = await three(night);
      const waiting: Result = {
        ...result,
        registered: null,
        turnout: null,
        rules: { method: "dhondt", seats: 8, threshold: { percent: "3", of: "registered" } },
        candidates: result.candidates.map(({ poll_number, name, votes }) => ({
          poll_number,
          name,
          ...(votes === undefined ? {} : { votes }),
        })),
        outcome: null,
      };
      await inEveryLanguage(night, waiting, ["seats", "no-roll"], (language) => [
        said(language, "verdict.no-electorate", {}),
      ]);
    });

    test("several who are elected by plurality, with a place that is drawn level", async () => {
      const [result, a, b, c] = await three(night);
      const law: Result = {
        ...result,
        individual: true,
        final: true,
        rules: { method: "majority", winner: "plurality", winners: 2, tie: "lot" },
        candidates: [
          { poll_number: 1, name: a.name, votes: 600, share: 0.6 },
          { poll_number: 2, name: b.name, votes: 200, share: 0.2 },
          { poll_number: 3, name: c.name, votes: 200, share: 0.2 },
        ],
        outcome: { winners: [1], ties: [{ seats: 1, between: [2, 3], settled_by: null, won_by: [] }] },
      };
      await inEveryLanguage(night, law, ["runoff", "several"], (language) => [
        said(language, "verdict.winners", { names: a.name, count: 1 }),
        said(language, "verdict.places-open", { count: 1 }),
        said(language, "rules.winners", { count: 2 }),
        said(language, "ties.open", {}),
      ]);
    });

    test("a majority of all who voted", async () => {
      const [result, a, b] = await three(night);
      const law: Result = {
        ...result,
        individual: true,
        counted: 1000,
        rejected: { "Invalid poll number.": 30 },
        rules: { method: "majority", winner: "absolute", of: "cast", runoff: 2 },
        candidates: [
          { poll_number: 1, name: a.name, votes: 510, share: 0.51 },
          { poll_number: 2, name: b.name, votes: 490, share: 0.49 },
        ],
        outcome: { winner: null, runoff: [1, 2], ties: [] },
      };
      await inEveryLanguage(night, law, ["runoff", "majority-of-cast"], (language) => [
        said(language, "verdict.half-cast", {}),
        said(language, "rules.half-cast", {}),
      ]);
    });

    test("a result that nobody voted in has no winner and is a part of nothing", async () => {
      const [result] = await three(night);
      const nobody = result.candidates.map(({ poll_number, name }) => ({ poll_number, name, votes: 0 }));
      const level = nobody.map(({ poll_number }) => poll_number);
      const ties = [{ seats: 2, between: level, settled_by: null, won_by: [] }];
      const outcomes: Pick<Result, "rules" | "outcome">[] = [
        {
          rules: { method: "dhondt", seats: 2, threshold: { percent: 5, of: "registered" } },
          outcome: { seats: level.map(() => 0), open_seats: 2, ties },
        },
        {
          rules: { method: "majority", winner: "absolute", of: "cast" },
          outcome: { winner: null, runoff: null, ties },
        },
        {
          rules: { method: "majority", winner: "plurality", winners: 2 },
          outcome: { winners: [], ties },
        },
      ];
      for (const { rules, outcome } of outcomes) {
        const isOffice = rules.method === "majority";
        const empty: Result = {
          ...result,
          rules,
          outcome,
          individual: isOffice,
          final: true,
          records: 0,
          counted: 0,
          repeated: 0,
          rejected: {},
          registered: 0,
          turnout: null,
          candidates: nobody.map((one) =>
            isOffice ? one : { ...one, seats: 0, standing: "reached" as const },
          ),
          timeline: { from: result.start, slot_seconds: 60, ballots: [] },
          districts: null,
        };
        const visit = await showing(night, empty, "overview");
        const text = await visit.text();
        expect(text).toContain("Nobody voted: nothing is decided.");
        expect(text).toContain("No voter is registered.");
        for (const nonsense of [
          "NaN",
          "Infinity",
          "0.00%",
          "0.0%",
          "Elected",
          "Ahead",
          "above the threshold",
        ]) {
          expect(text, nonsense).not.toContain(nonsense);
        }
        const { ranking = {} } = (await visit.numbers()).tables;
        expect(new Set(Object.values(ranking).map((row) => row["rank"]))).toEqual(new Set(["–"]));
        await visit.screenshot(`nobody-${rules.winner ?? "seats"}`);
        await visit.page.context().close();
      }
    });
  });
}
