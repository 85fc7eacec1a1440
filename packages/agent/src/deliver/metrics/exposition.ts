import { type Metric, Registry } from 'prom-client';
import type { Family } from './family.ts';

/** The families as Prometheus reads them, and the media type of that. */
export async function exposition(families: readonly Family[]): Promise<{ type: string; text: string }> {
  const registry = new Registry();
  for (const family of families) registry.registerMetric(asMetric(family));
  return { type: registry.contentType, text: await registry.metrics() };
}

// A registry needs no more than these members. Its types ask for the metric classes of the library, whose counting would cost each request too much.
function asMetric(family: Family): Metric {
  const { name, help, type } = family;
  const metric = { name, get: async () => ({ name, help, type, values: [...family.samples()] }) };
  return metric as unknown as Metric;
}
