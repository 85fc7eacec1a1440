// Calls the function as its platform would: node invoke.mjs [TIMES]
import { handler } from './handler.mjs';

for (let call = 0; call < Number(process.argv[2] ?? 1); call += 1) {
  const { statusCode, body } = await handler();
  console.log(`${statusCode} ${body}`);
}
// The platform freezes or ends an instance; it never waits for its connections.
process.exit(0);
