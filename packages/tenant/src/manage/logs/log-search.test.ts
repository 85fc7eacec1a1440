import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownLogEntry } from '../../log/shown-log-entry.ts';
import type { LogEntry } from '../../model/log-entry.ts';
import { holds } from './log-condition.ts';
import { parseLogQuery } from './log-query.ts';
import { logFilter } from './log-search.ts';

const domain = 'acme.example';
const anEntry = (id: string, date: string, type: string, clientId: string | undefined, event: LogEntry['event']): LogEntry => ({
  ...{ id, atMs: Date.parse(date), type, clientId, event },
});
const entries = {
  one: anEntry('9001', '2026-01-31T23:59:59.999Z', 'seccft', 'c-1', {
    description: 'Client Credentials',
    client_name: 'Worker',
    ip: '::1',
  }),
  two: anEntry('9002', '2026-02-01T00:00:00.000Z', 'feccft', 'c-2', { description: 'Unauthorized: "x" (y)', user_agent: 'curl/8 a*b' }),
  three: anEntry('9003', '2026-02-01T12:30:15.250Z', 'sapi', undefined, { description: 'Create a client', organization_id: 'org_1' }),
};

function foundBy(q: string): string {
  const condition = parseLogQuery(q);
  const found = Object.entries(entries).filter(([, entry]) => condition === undefined || holds(condition, shownLogEntry(entry, domain)));
  return found.map(([name]) => name).join(' ');
}

describe('a search of the logs', () => {
  it.each([
    ['', 'one two three'],
    ['  * ', 'one two three'],
    ['*:*', 'one two three'],
    ['type:seccft', 'one'],
    ['type: seccft', 'one'],
    ['type:SECCFT', ''],
    ['type:"feccft"', 'two'],
    ['type:(seccft OR "sapi")', 'one three'],
    ['type:s*', 'one three'],
    ['type:*ccft', 'one two'],
    ['type:*', 'one two three'],
    ['client_id:*', 'one two'],
    ['NOT client_id:*', 'three'],
    ['description:Create', ''],
    ['description:*client', 'three'],
    ['description:Cli*tials', 'one'],
    ['description:"Unauthorized: \\"x\\" (y)"', 'two'],
    ['description:Create\\ a\\ client', 'three'],
    ['user_agent:"curl/8 a*b"', 'two'],
    ['user_agent:curl/8\\ a\\*b', 'two'],
    ['user_agent:curl*', 'two'],
    ['Worker', 'one'],
    ['Work* OR sapi', 'one three'],
    ['"Create a client"', 'three'],
    ['ip:"::1"', 'one'],
    ['ip:::1', 'one'],
    ['user_id:x', ''],
    ['connection:*pass*', ''],
    ['organization_id:org_1 AND hostname:acme.example', 'three'],
    ['type:s* AND NOT client_id:c-1', 'three'],
    ['type:s* && !client_id:c-1', 'three'],
    ['-type:s*', 'two'],
    ['type:s* AND (client_id:c-2 OR organization_id:org_1)', 'three'],
    ['type:sapi OR type:seccft AND client_id:c-2', 'three'],
    ['(type:sapi || type:seccft) AND client_id:c-2', ''],
    ['type:(NOT seccft AND NOT client_id:c-2)', 'three'],
    ['log_id:[9001 TO 9002]', 'one two'],
    ['log_id:{9001 TO "9003"}', 'two'],
    ['log_id:[* TO 9003}', 'one two'],
    ['date:2026-01-31', 'one'],
    ['date:"2026-02"', 'two three'],
    ['date:2026', 'one two three'],
    ['date:2026-02-01T12:30', 'three'],
    ['date:2026-02-01T12:30:15', 'three'],
    ['date:2026-02-01T12:30:15.250Z', 'three'],
    ['date:2026-02-01T14:30:15.250+02:00', 'three'],
    ['date:2026-02-01T12:30:16', ''],
    ['date:2026-02-01T12*', 'three'],
    ['date:[2026-02-01 TO *]', 'two three'],
    ['date:[* TO 2026-02-01}', 'one'],
    ['date:[2026-01 TO 2026-01-31]', ''],
    ['date:[2026-01 TO 2026-02]', 'one two'],
    ['date:{2026-01-31 TO 2026-02-01}', 'one'],
    ['date:{2026-02-01 TO 2026-02-02]', 'three'],
    ['date:[ 2026-02-01T00:00:00.001Z  TO 2026-02-01T12:30:15.250Z ]', 'three'],
  ])('%s finds: %s', (q, found) => {
    expect(foundBy(q)).toBe(found);
  });

  it.each([
    ['type:a type:b', 'AND or OR is missing before type:b'],
    ['a)', "a ')' closes nothing"],
    ['(type:a', "')' is missing at its end"],
    ['type:(a OR b AND', 'a term is missing at its end'],
    ['AND type:a', 'a term is missing before AND type:a'],
    ['type:', 'a term is missing at its end'],
    ['type:"a', 'a term is missing before "a'],
    ['date:[2026 TO', 'a term is missing before [2026 TO'],
    ['age:3', 'there is no field age; there are client_id, client_name,'],
    ['type:*ft', 'three characters or more have to stand beside each *'],
    ['type:s?', '? is not known in s?'],
    ['type:s~2', '~ is not known in s~2'],
    ['+type:a', '+ is not known in +type:a'],
    ['date:yesterday', 'yesterday is no date; write it as 2026-01-31'],
    ['date:2026-02-30', '2026-02-30 is no date'],
    ['date:[now-1d TO *]', 'now-1d is no date'],
  ])('%s is refused: %s', (q, problem) => {
    expect(() => foundBy(q)).toThrow(problem);
  });

  it('finds the entries of a client whose long id they show cut', () => {
    const entry = anEntry('9004', '2026-02-01T12:30:15.250Z', 'feccft', 'x'.repeat(600), {});
    const finds = (text: string): boolean => {
      const { clientId = entry.clientId, search } = logFilter(`client_id:"${text}"`, domain);
      return clientId === entry.clientId && (search?.matches(entry) ?? true);
    };
    expect(finds(shownLogEntry(entry, domain)['client_id'] as string)).toBe(true);
    expect(finds('x'.repeat(511))).toBe(false);
  });

  it('leaves to the store no comparison of an id with a text that databases sort in different ways', () => {
    expect(logFilter('log_id:[* TO 9002]', domain).search?.upTo).toBe('9002');
    expect(foundBy('log_id:[* TO ~]')).toBe('one two three');
    expect(logFilter('log_id:[* TO ~]', domain).search?.upTo).toBeUndefined();
  });

  it('selects in the store no less and no more than it asks for', () => {
    const leaf = fc.constantFrom(
      'type:seccft',
      'type:s*',
      'client_id:c-1',
      'client_id:"c-2"',
      'type:sapi',
      'log_id:[* TO 9002]',
      'log_id:{9001 TO *]',
    );
    const dates = fc.constantFrom(
      'date:[2026-02-01 TO *]',
      'date:[* TO 2026-02-01}',
      'date:2026-01',
      'description:*client',
      'client_id:""',
    );
    const { query } = fc.letrec<{ query: string }>((tie) => ({
      query: fc.oneof(
        { depthSize: 'small' },
        leaf,
        dates,
        fc.tuple(tie('query'), fc.constantFrom('AND', 'OR'), tie('query')).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
        tie('query').map((a) => `NOT ${a}`),
      ),
    }));
    const selects = ({ id, atMs, type, clientId }: LogEntry, q: string): boolean => {
      const filter = logFilter(q, domain);
      const { sinceMs = 0, upTo = '~' } = filter.search ?? {};
      const isType = filter.types === undefined || filter.types.includes(type);
      return isType && (filter.clientId === undefined || filter.clientId === clientId) && atMs >= sinceMs && id <= upTo;
    };
    fc.assert(
      fc.property(query, (q) => {
        const found = Object.entries(entries).filter(
          ([, entry]) => selects(entry, q) && (logFilter(q, domain).search?.matches(entry) ?? true),
        );
        expect(found.map(([name]) => name).join(' ')).toBe(foundBy(q));
      }),
      { numRuns: 2_000 },
    );
  });
});
