/** The methods that calls of an API may have. */
export const callMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** `method` as the audit names it: no other word of a request may get there. */
export function auditedMethod(method: string): string {
  return callMethods.has(method) ? method : 'OTHER';
}
