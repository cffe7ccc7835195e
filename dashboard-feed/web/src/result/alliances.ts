// Lists that stand together: whom a number means, and what they have between them.
import { type Candidate, candidateOf, type Result, type Tie } from "./result";

/** The poll numbers of those who stand with others, by alliance. */
function alliancesOf(result: Result): readonly (readonly number[])[] {
  return (result.alliances ?? []).filter((lists) => lists.length > 1);
}

/** The others of a list's alliance; nobody where it stands alone. */
export function alliesOf(result: Result, pollNumber: number): Candidate[] {
  const alliance = alliancesOf(result).find((lists) => lists.includes(pollNumber)) ?? [];
  return candidatesOf(
    result,
    alliance.filter((number) => number !== pollNumber),
  );
}

function candidatesOf(result: Result, numbers: readonly number[]): Candidate[] {
  return numbers.map((number) => candidateOf(result, number)).filter((one) => one !== undefined);
}

/** What lists that stand together have between them. */
export interface Together {
  members: Candidate[];
  votes: number;
  seats: number;
}

export function alliances(result: Result): Together[] {
  return alliancesOf(result).map((numbers) => {
    const members = candidatesOf(result, numbers);
    const sum = (of: (one: Candidate) => number | undefined) =>
      members.reduce((all, one) => all + (of(one) ?? 0), 0);
    return { members, votes: sum((one) => one.votes), seats: sum((one) => one.seats) };
  });
}

/**
 * Whom a poll number of a tie stands for: inside an alliance for its list, and against others for all that stand with it
 * and take part.
 */
export function inTie(result: Result, tie: Tie, pollNumber: number): Candidate[] {
  const alliance = alliancesOf(result).find((lists) => lists.includes(pollNumber)) ?? [];
  const isInside = tie.between.every((number) => alliance.includes(number));
  const all = candidatesOf(result, isInside || alliance.length === 0 ? [pollNumber] : alliance);
  const takingPart = all.filter(({ standing }) => standing !== "below" && standing !== "takes_no_part");
  return takingPart.length > 0 ? takingPart : all;
}
