// A chart drawn by Apache ECharts; the page includes only the parts of it that are used.
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, MarkPointComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts/types/dist/shared";
import { useEffect, useRef } from "preact/hooks";
import { language } from "../language/language";
import { moving, theme } from "../theme";
import { CHANGE_MS, type Look, lookOf } from "./look";

// A canvas needs no style attributes, which the page's Content-Security-Policy forbids.
use([BarChart, LineChart, PieChart, GridComponent, MarkLineComponent, MarkPointComponent, CanvasRenderer]);

interface ChartProps {
  /** What it shows, in words. */
  label: string;
  option: (look: Look) => EChartsOption;
  /** In lines of text; without it, the chart is as high as its container. */
  lines?: number;
}

export function Chart({ label, option, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  // In a variable, so that this component also follows them.
  const look = [theme.value, moving.value, language.value].join();

  useEffect(() => {
    if (place.current === null) return;
    drawing.current = new Drawing(place.current);
    return () => drawing.current?.end();
  }, []);
  useEffect(() => drawing.current?.show(option), [option, look]);

  const height = lines === undefined ? undefined : { height: `${lines}rem` };
  return <div ref={place} class="chart" role="img" aria-label={label} style={height} />;
}

/** Draws the newest of many options, no more often than changes can be seen. */
class Drawing {
  readonly #place: HTMLElement;
  readonly #chart: EChartsType;
  readonly #resizing: ResizeObserver;
  #option: ((look: Look) => EChartsOption) | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#chart = init(place, undefined, { renderer: "canvas" });
    this.#resizing = new ResizeObserver(() => {
      this.#chart.resize();
      this.#draw();
    });
    this.#resizing.observe(place);
  }

  show(option: (look: Look) => EChartsOption): void {
    this.#option = option;
    this.#isDue = true;
    if (this.#pause === undefined) this.#next();
  }

  end(): void {
    clearTimeout(this.#pause);
    this.#resizing.disconnect();
    this.#chart.dispose();
  }

  #next(): void {
    this.#pause = undefined;
    if (!this.#isDue) return;
    this.#draw();
    this.#pause = setTimeout(() => this.#next(), CHANGE_MS);
  }

  #draw(): void {
    this.#isDue = false;
    if (this.#option === undefined || this.#place.clientWidth === 0) return;
    this.#chart.setOption(this.#option(lookOf(this.#place, theme.value, moving.value)));
  }
}
