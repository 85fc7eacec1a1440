import { openSync, writeSync } from 'node:fs';

/**
 * The log of a tenant, as the command writes it, to nowhere.
 * @param {typeof import('@evertoken/service')} service the package that is measured
 */
export function logToNowhere({ createLog, linesOfTurn }) {
  const nowhere = openSync('/dev/null', 'w');
  return createLog({ program: 'tenant', pretty: false, destination: linesOfTurn((text) => writeSync(nowhere, text)) });
}
