/** What `npm run chaos` plays; undefined where the tests run as they are. */
export const chaosAsked: { seed: number; minutes: number; agents: number; libraries: number } | undefined = ((text) =>
  text === undefined ? undefined : JSON.parse(text))(process.env['EVERTOKEN_CHAOS']);
