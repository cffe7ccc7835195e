// What a wall display shows next: every election of the night, with every view of each.
import type { View } from "../address/address";

export type Scene = Exclude<View, "overview" | "ballots">;

export interface Showing {
  election: number;
  scene: Scene;
}

/**
 * What comes after `current`: the next scene of its election, and after the last one the first of the next
 * election. Both lists may have changed since then, so missing entries are skipped.
 */
export function after(current: Showing, scenes: readonly Scene[], elections: readonly number[]): Showing {
  const scene = scenes[scenes.indexOf(current.scene) + 1];
  if (scene !== undefined && elections.includes(current.election)) {
    return { election: current.election, scene };
  }
  const election = elections[(elections.indexOf(current.election) + 1) % elections.length];
  return { election: election ?? current.election, scene: scenes[0] ?? current.scene };
}
