// The current address.
import { signal } from "@preact/signals";
import { type Address, formatAddress, parseAddress } from "./address";

export const address = signal<Address>(parseAddress(location.search));

/** The address of the same page with something changed. */
export function addressWith(change: Partial<Address>): string {
  return formatAddress({ ...address.value, ...change });
}

/** Goes there; the browser's back button returns. */
export function go(change: Partial<Address>): void {
  history.pushState(null, "", addressWith(change));
  address.value = parseAddress(location.search);
}

export function startAddress(): void {
  addEventListener("popstate", () => {
    address.value = parseAddress(location.search);
  });
}
