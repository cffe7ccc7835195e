import { colourOf } from "../charts/palette";
import { theme } from "../theme";

/** A list's poll number in its colour: how every chart identifies it. */
export function Chip({ pollNumber }: { pollNumber: number }) {
  const { fill, ink } = colourOf(pollNumber, theme.value);
  return (
    <span class="chip" style={{ backgroundColor: fill, color: ink }}>
      {pollNumber}
    </span>
  );
}
