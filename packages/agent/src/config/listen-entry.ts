import { type ListenAddress, longestSocketPath, parseListenAddress, remoteProblemOf, type StateFolder } from '@evertoken/service';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';

/** What addresses are judged by; `problems` and `notes` take up what is found. */
interface Judging {
  /** Texts in place of what the config says. */
  readonly given?: readonly string[] | undefined;
  /** The state folder, for the default addresses; without one there are none. */
  readonly folder?: StateFolder;
  readonly allowRemote: boolean;
  readonly layers: ConfigLayers;
  readonly problems: ConfigProblem[];
  readonly notes: string[];
  readonly key?: readonly string[];
}

/** The addresses in effect: those given, else those of the config, else the default ones. */
export function addressesOf(configured: ListenAddress | ListenAddress[] | undefined, judging: Judging): readonly ListenAddress[] {
  const { given, folder, allowRemote, layers, problems, notes, key = ['listen'] } = judging;
  if (given !== undefined) return parsed(given, allowRemote, problems);
  if (configured === undefined) return folder === undefined ? [] : defaultAddresses(folder, notes);
  for (const [index, address] of [configured].flat().entries()) {
    const problem = remoteProblemOf(address, allowRemote);
    if (problem === undefined) continue;
    const message = `${problem.problem}. ${problem.step} \`allow_remote: true\` allows it.`;
    problems.push(problemAt(layers, Array.isArray(configured) ? [...key, index] : key, message));
  }
  return [configured].flat();
}

function parsed(texts: readonly string[], mayBeRemote: boolean, problems: ConfigProblem[]): ListenAddress[] {
  return texts.flatMap((text) => {
    try {
      return [parseListenAddress(text, { mayBeRemote })];
    } catch (error) {
      problems.push({ path: 'listen', line: undefined, message: (error as Error).message });
      return [];
    }
  });
}

function defaultAddresses(folder: StateFolder, notes: string[]): ListenAddress[] {
  const path = folder.file('agent.sock');
  const web: ListenAddress[] = [
    { kind: 'http', host: '127.0.0.1', port: 8400 },
    { kind: 'https', host: 'localhost', port: 8401 },
  ];
  if (Buffer.byteLength(path) <= longestSocketPath) return [{ kind: 'unix', path, mode: 0o600 }, ...web];
  notes.push(
    `no unix socket: the path ${path} is longer than ${longestSocketPath} bytes; choose a state folder with a shorter path to have one`,
  );
  return web;
}
