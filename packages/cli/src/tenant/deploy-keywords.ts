import type { Keywords } from '@evertoken/tenant';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

const variable = 'AUTH0_KEYWORD_REPLACE_MAPPINGS';

/**
 * What the marks `##NAME##` and `@@NAME@@` of a document stand for, as auth0-deploy-cli has it: the JSON of AUTH0_KEYWORD_REPLACE_MAPPINGS, and before it the
 * environment itself.
 */
export function deployKeywordsOf({ env }: Terminal): Keywords {
  return { ...mappingsOf(env[variable]), ...env };
}

function mappingsOf(text: string | undefined): Keywords {
  if (text === undefined || text === '') return {};
  const mappings = parsed(text);
  if (typeof mappings === 'object' && mappings !== null && !Array.isArray(mappings)) return mappings as Keywords;
  throw new CliError({
    problem: 'What the marks of a document stand for is no JSON object',
    place: variable,
    step: 'Write it like {"NAME": "value", "LIST": ["a", "b"]}, or unset it.',
    exitCode: exitCode.usage,
  });
}

// What is wrong with it is not told: values may be secrets, and the parser quotes them.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
