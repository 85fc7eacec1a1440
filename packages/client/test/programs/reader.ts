import { keepToken, TokenKeeper } from '@evertoken/client';

// Reads tokens as a script does: `reader.mjs TOKEN_ENDPOINT COUNT`, prints how each read ended, and ends by itself.
const [, , tokenEndpoint = '', count = '1'] = process.argv;
const request = { tokenEndpoint, clientId: 'worker', clientSecret: 's3cret' };

if (count === 'one') {
  const policy = { waitMs: 1_500, mintTimeoutMs: 60_000 };
  const kept = keepToken(request, { policy });
  console.log((await kept.get()).accessToken);
} else {
  const keeper = new TokenKeeper({ policy: { issuerBurst: 1, issuerRatePerSecond: 4 } });
  const kept = Array.from({ length: Number(count) }, (_, i) => keeper.keep({ ...request, audience: `urn:${i}` }));
  const ends = await Promise.all(
    kept.map((one) =>
      one.get().then(
        () => 'token',
        ({ code }: { code: string }) => code,
      ),
    ),
  );
  console.log(ends.join(' '));
}
