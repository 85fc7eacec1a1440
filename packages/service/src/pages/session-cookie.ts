import type { IncomingMessage } from 'node:http';

/** The cookie that carries a session between a browser and one process. */
export interface SessionCookie {
  /** Value of `Set-Cookie`; ends with the browser. Without an id: takes the cookie away. */
  header(request: IncomingMessage, id: string | undefined): string;
  /** All values that a request carries under the name of the cookie: another page of the same host may have set one beside ours. */
  idsIn(request: IncomingMessage): readonly string[];
}

/** A cookie for the paths below `base`, such as `/status`. No script sees it, and no other site can have it sent. */
export function sessionCookie(name: string, base: string): SessionCookie {
  return {
    header(request, id) {
      const secure = isEncrypted(request) ? '; Secure' : '';
      const end = id === undefined ? '; Max-Age=0' : '';
      return `${nameFor(name, request)}=${id ?? ''}; Path=${base}; HttpOnly; SameSite=Strict${secure}${end}`;
    },
    idsIn(request) {
      const wanted = nameFor(name, request);
      return (request.headers.cookie ?? '').split(';').flatMap((pair) => {
        const [key = '', value = ''] = pair.trim().split('=', 2);
        return key === wanted && value !== '' ? [value] : [];
      });
    },
  };
}

/** Whether a request came over TLS to this very process. */
export const isEncrypted = ({ socket }: IncomingMessage): boolean => 'encrypted' in socket && socket.encrypted === true;

// Browsers keep one jar for all ports of a host: the port in the name keeps the processes of one machine apart. With its prefix, a browser takes
// the cookie over https alone (RFC 6265bis §4.1.3); `__Host-` would be for the path `/` only.
function nameFor(name: string, request: IncomingMessage): string {
  const port = request.socket.localPort;
  return `${isEncrypted(request) ? '__Secure-' : ''}${name}${port === undefined ? '' : `-${port}`}`;
}
