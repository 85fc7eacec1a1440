import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const WIDTH = 840;
/** So many points at most in a line: of each stretch of time, the worst second of it. */
const POINTS = 600;

/** Readable on white and on black. */
const style = `
  text { fill: currentColor; }
  svg { color: #24292f; background: none; }
  @media (prefers-color-scheme: dark) { svg { color: #d0d7de; } }`;

/** Requests at the issuer over the time of a simulated fleet, as SVG: the same report, the same text. */
export function fleetPlot(report) {
  const { scenario, nodes, perSecond, spreadSeconds } = report;
  const { document } = parseHTML('<html><body></body></html>');
  const hours = (ms) => ms / 3_600_000;
  const length = Math.max(1, Math.ceil(scenario.endMs / 1000 / POINTS));
  const points = Array.from({ length: Math.ceil(scenario.endMs / 1000 / length) }, (_, index) => ({
    at: hours(index * length * 1000),
    requests: Math.max(0, ...perSecond.slice(index * length, (index + 1) * length)),
  }));
  const { outage } = scenario;
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: 260,
    marginLeft: 50,
    className: 'fleet',
    style: { background: 'none', fontSize: '12px' },
    x: { label: 'hours since the start', grid: false },
    y: {
      label: 'requests at the issuer in the worst second',
      grid: true,
      domain: [0, Math.max(2, ...points.map(({ requests }) => requests))],
    },
    marks: [
      ...(outage === undefined
        ? []
        : [
            Plot.rectX([outage], { x1: ({ fromMs }) => hours(fromMs), x2: ({ toMs }) => hours(toMs), fill: '#d29922', fillOpacity: 0.25 }),
            Plot.text([outage], {
              x: ({ fromMs, toMs }) => hours((fromMs + toMs) / 2),
              frameAnchor: 'top',
              text: () => 'Redis away',
              dy: 4,
            }),
          ]),
      Plot.rectY(points, { x1: 'at', x2: ({ at }) => at + hours(length * 1000), y: 'requests', fill: '#1f6feb' }),
      ...(outage === undefined ? [] : [Plot.ruleY([nodes / spreadSeconds], { stroke: '#cf222e', strokeDasharray: '4 3' })]),
      Plot.ruleY([0]),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `Requests at the issuer: ${nodes} nodes, ${scenario.about}`);
  const own = document.createElement('style');
  own.textContent = style;
  svg.insertBefore(own, svg.firstChild);
  return `${svg.outerHTML}\n`;
}
