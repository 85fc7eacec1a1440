import { median, rounded } from '../statistics.mjs';

/**
 * Measures every subject in turn, round after round, so that what the machine does meanwhile hits all alike: `measure(subject)` once before, which
 * counts not, then `rounds` times. Answers the samples of each subject, in the order of `subjects`.
 */
export async function inRounds(subjects, rounds, measure) {
  const samples = subjects.map(() => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      const sample = await measure(subject, round < 0);
      if (round >= 0) samples[index].push(sample);
    }
  }
  return samples;
}

/** The median of a member of the samples. */
export function middle(samples, member) {
  return rounded(median(samples.map((sample) => sample[member])));
}

/** The median of the ratios of a member to that of the base in the same round. */
export function ratio(samples, base, member) {
  return rounded(median(samples.map((sample, round) => sample[member] / base[round][member])));
}

/** The median of what a member has more than that of the base in the same round. */
export function surplus(samples, base, member) {
  return rounded(median(samples.map((sample, round) => sample[member] - base[round][member])));
}
