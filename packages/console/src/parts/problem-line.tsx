/** Why something was not done, where it was not. */
export function ProblemLine({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p role="alert" class="bad">
      {text}
    </p>
  );
}
