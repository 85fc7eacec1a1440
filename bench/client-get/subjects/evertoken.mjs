import { TokenKeeper } from '@evertoken/client';

export default {
  note: 'a kept token; the value behind it is `.accessToken`',
  make({ host, clientId, clientSecret, audience }) {
    const kept = new TokenKeeper().keep({ domain: host, clientId, clientSecret, audience });
    return { read: () => kept.get(), tokenOf: (token) => token.accessToken, peek: () => kept.peek() };
  },
};
