import type { AgentConfig } from './agent-config.ts';

const ofTokens = /^tokens\..+\.(?:(?:client_secret|private_key)(?:\.\d+)?|parameters(?:\..+)?)$/;
const ofStores = /^store\.(?:redis|postgres)\.(?:.+\.)?(?:url|password|key|keys|namespace_key)$/;

/** Environment variables that hold client secrets, keys and passwords of the config, or the references to them. */
export function secretVariablesOf(config: Pick<AgentConfig, 'values'>): readonly string[] {
  const secrets = config.values.filter(({ key }) => ofTokens.test(key) || ofStores.test(key) || isWhole(key));
  const names = secrets.flatMap(({ value, from }) => [
    ...(/^[A-Za-z_]\w*$/.test(from) && from !== 'default' ? [from] : []),
    ...[...value.matchAll(/\{"env":("(?:[^"\\]|\\.)*")\}/g)].map(([, name = '""']) => JSON.parse(name) as string),
  ]);
  return [...new Set(names)];
}

// A variable may give a whole token or store, or all of them, with their secrets.
function isWhole(key: string): boolean {
  return key === 'tokens' || /^tokens\.[^.]+$/.test(key) || key === 'store' || /^store\.(?:redis|postgres)$/.test(key);
}
