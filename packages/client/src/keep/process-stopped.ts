/**
 * This process was stopped while it asked the issuer, or its machine slept, and the connection did not outlive that. It says nothing of the issuer, who may be
 * asked anew at once.
 */
export class ProcessStopped extends Error {}

/**
 * Does `work`, and once more where this process was stopped meanwhile: from its beginning, for other processes have gone on. That it `isAgain` means that no
 * third time follows.
 */
export async function onceAwake(stop: AbortSignal, work: (stop: AbortSignal, isAgain: boolean) => Promise<void>): Promise<void> {
  try {
    await work(stop, false);
  } catch (error) {
    if (!(error instanceof ProcessStopped)) throw error;
    stop.throwIfAborted();
    await work(stop, true);
  }
}
