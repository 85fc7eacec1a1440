/** Connections to one API at once; what comes beyond waits for one. */
export const maxConnections = 256;
/** Calls of one app at once: however slowly it takes their answers, others find connections. */
export const maxCallsOfOne: number = maxConnections / 2;
