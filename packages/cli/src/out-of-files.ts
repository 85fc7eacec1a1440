const steps: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of this process: `ulimit -n 1024` in its shell, `LimitNOFILE=` in a systemd unit.',
  ENFILE: 'End what holds open so many files on this machine, or raise `fs.file-max`.',
};

/**
 * What to tell of an `error` that came because no more files can be opened; undefined for any other. Whole and without a colour: to load what reports other
 * errors, files would have to be opened.
 */
export function reportOfOutOfFiles(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const step = steps[code];
    if (step !== undefined) return `✖ No more files can be opened (${code})\n  to mend: ${step}\n`;
  }
  return undefined;
}
