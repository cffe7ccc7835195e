import { expect, test } from "vitest";
import { type Address, formatAddress, parseAddress, VIEWS } from "../../src/address/address";

const PLAIN: Address = { election: undefined, view: "overview", wall: false, lang: undefined };

test("an address leads to an election and a view", () => {
  expect(parseAddress("?election=7&view=seats&display=wall&lang=ka")).toEqual({
    election: 7,
    view: "seats",
    wall: true,
    lang: "ka",
  });
});

test("what makes no sense is as if it were not there", () => {
  expect(parseAddress("?election=-1&view=inbox&display=toaster")).toEqual(PLAIN);
  expect(parseAddress("?election=99999999999999")).toEqual(PLAIN);
});

test("an address that is written is read the same", () => {
  expect(formatAddress(PLAIN)).toBe("./");
  for (const view of VIEWS) {
    const address: Address = { election: 12, view, wall: true, lang: "sr" };
    expect(parseAddress(formatAddress(address))).toEqual(address);
  }
});
