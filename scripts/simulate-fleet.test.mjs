import { describe, expect, it } from 'vitest';
import { fleetPlot } from './fleet-plot.mjs';
import { readFleetOptions } from './simulate-fleet.mjs';

const report = {
  scenario: { about: 'Redis is away', endMs: 7_200_000, outage: { fromMs: 1_800_000, toMs: 3_600_000, isEmptyAfter: false } },
  nodes: 100,
  spreadSeconds: 50,
  perSecond: [0, 3, 0, 1],
};

describe('the simulation of a fleet', () => {
  it('plays all scenarios with ten thousand nodes unless told otherwise', () => {
    expect(readFleetOptions([])).toMatchObject({ names: ['up', 'down', 'back', 'cold'], nodes: 10_000, lifetimeSeconds: 86_400 });
    expect(readFleetOptions(['--scenario', 'cold', '--nodes', '7', '--plot'])).toMatchObject({
      names: ['cold'],
      nodes: 7,
      isPlotted: true,
    });
  });

  it.each([
    ['--nodes', '0'],
    ['--seed', 'x'],
    ['--scenario', 'sideways'],
    ['--lifetime-seconds', '1.5'],
  ])('names the option %s where it is wrong', (...args) => {
    expect(() => readFleetOptions(args)).toThrow(new RegExp(`^${args[0]} must be`));
  });

  it('is drawn as the same picture each time, which needs nothing from elsewhere and is readable on dark', () => {
    const svg = fleetPlot(report);
    expect(fleetPlot(report)).toBe(svg);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toContain('Redis away');
    expect(svg).not.toMatch(/href=|url\(|NaN/);
  });
});
