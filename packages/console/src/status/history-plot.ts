import type { HistoryEntry } from '@evertoken/agent/contract';
import UPlot from 'uplot';
import { now } from '../parts/ticking.ts';
import { momentWords } from '../parts/time-words.ts';
import { spanAround } from './span-around.ts';
import 'uplot/dist/uPlot.min.css';

type Kind = HistoryEntry['kind'];

/** In the order in which they are drawn. */
const kinds: readonly Kind[] = ['adopted', 'minted', 'rejected', 'failed'];

/** Draws what happened into `room`, as wide as that is, in the colours of the page. The answer takes it away. */
export function plotHistory(room: HTMLElement, entries: readonly HistoryEntry[]): () => void {
  let plot: UPlot | undefined;
  const draw = () => {
    plot?.destroy();
    plot = new UPlot(optionsFor(room), dataOf(entries), room);
  };
  const isDark = matchMedia('(prefers-color-scheme: dark)');
  isDark.addEventListener('change', draw);
  const sizes = new ResizeObserver(() => {
    if (plot !== undefined && plot.width !== room.clientWidth) plot.setSize({ width: room.clientWidth, height: plot.height });
  });
  draw();
  sizes.observe(room);
  return () => {
    isDark.removeEventListener('change', draw);
    sizes.disconnect();
    plot?.destroy();
  };
}

/** One row of times, and a row of heights for each kind. What took the issuer no time stands at the foot. */
function dataOf(entries: readonly HistoryEntry[]): UPlot.AlignedData {
  const times = entries.map(({ at }) => at / 1_000);
  const rows = kinds.map((kind) => entries.map((entry) => (entry.kind === kind ? (entry.durationMs ?? 0) : null)));
  return [times, ...rows];
}

function optionsFor(room: HTMLElement): UPlot.Options {
  const style = getComputedStyle(room);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--pico-muted-color'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
  return {
    width: room.clientWidth,
    height: 150,
    legend: { show: false },
    cursor: { show: false },
    // Not of the bounds that uPlot names: those of a single time are years apart.
    scales: { x: { range: ({ data }) => spanAround(data[0]) }, y: { range: (_plot, _min, max) => [0, Math.max(10, (max ?? 0) * 1.15)] } },
    axes: [
      { ...axis, space: 90, values: (_plot, times) => times.map((seconds) => momentWords(1_000 * seconds, now.peek())) },
      { ...axis, size: 64, values: (_plot, values) => values.map((ms) => `${ms} ms`) },
    ],
    series: [{}, ...kinds.map((kind) => ({ paths: () => null, points: { show: markOf(kind, colour(`--${kind}`)) } }))],
  };
}

/** A shape of its own for each kind: colour alone tells nothing to some. */
function markOf(kind: Kind, colour: string): UPlot.Series.Points.Show {
  return (plot, index) => {
    const { ctx } = plot;
    const size = 5 * devicePixelRatio;
    ctx.save();
    ctx.fillStyle = colour;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2.5 * devicePixelRatio;
    for (const [at, height] of plot.data[index]?.entries() ?? []) {
      const time = plot.data[0][at];
      if (height === null || height === undefined || time === undefined) continue;
      shapes[kind](ctx, plot.valToPos(time, 'x', true), plot.valToPos(height, 'y', true), size);
    }
    ctx.restore();
    return false;
  };
}

type Shape = (ctx: CanvasRenderingContext2D, x: number, y: number, size: number) => void;

const shapes: Readonly<Record<Kind, Shape>> = {
  minted(ctx, x, y, size) {
    ctx.beginPath();
    ctx.arc(x, y, 0.8 * size, 0, 2 * Math.PI);
    ctx.fill();
  },
  adopted: (ctx, x, y, size) => fill(ctx, [x, y - size], [x + size, y], [x, y + size], [x - size, y]),
  rejected: (ctx, x, y, size) => fill(ctx, [x, y - 1.6 * size], [x + size, y], [x - size, y]),
  failed(ctx, x, y, size) {
    ctx.beginPath();
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
    ctx.stroke();
  },
};

function fill(ctx: CanvasRenderingContext2D, ...corners: (readonly [number, number])[]): void {
  ctx.beginPath();
  for (const [x, y] of corners) ctx.lineTo(x, y);
  ctx.closePath();
  ctx.fill();
}
