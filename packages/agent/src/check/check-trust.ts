import { X509Certificate } from 'node:crypto';
import { openCertificateFiles } from '@evertoken/service';
import type { OutboundConfig } from '../config/agent-config.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

const soonMs = 14 * 86_400_000;

/** The certificate and key of the https addresses, read as the agent does, and whether they are valid at `now` (epoch ms). */
export async function checkCertificate(tls: { certPath: string; keyPath: string }, now: number): Promise<CheckFinding> {
  const base = { area: 'tls', subject: tls.certPath } as const;
  try {
    const certificate = new X509Certificate((await readKeyPair(tls)).cert);
    return { ...base, ...validity(certificate, now) };
  } catch (error) {
    return findingOf('tls', tls.certPath, error);
  }
}

/** Key and certificate as they stand in their files now. */
export async function readKeyPair({
  certPath: cert,
  keyPath: key,
}: {
  certPath: string;
  keyPath: string;
}): Promise<{ key: string; cert: string }> {
  const unwatched = { onChange: () => undefined, onError: () => undefined, setTimer: () => ({ cancel: () => undefined }) };
  const files = await openCertificateFiles({ cert, key }, unwatched);
  files.close();
  return await files.read();
}

type ExtraCa = Pick<OutboundConfig, 'extraCa' | 'extraCaProblem'>;

/** Up to this many CAs are reported one by one. A longer list is that of a system, in which some have always expired. */
const fewCas = 5;

/** Checks the certificates of `NODE_EXTRA_CA_CERTS`. */
export function* checkExtraCa({ extraCa, extraCaProblem }: ExtraCa, now: number): Generator<CheckFinding> {
  if (extraCaProblem !== undefined) yield { ...noCa, what: `is ignored: ${extraCaProblem}` };
  for (const pem of extraCa) {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) yield { ...noCa, what: 'holds no certificate in PEM' };
    const findings = blocks.map((block) => checkCa(block, now));
    if (blocks.length <= fewCas) yield* findings;
    else yield bundleOf(findings);
  }
}

function bundleOf(findings: readonly CheckFinding[]): CheckFinding {
  const valid = findings.filter(({ level }) => level !== 'problem').length;
  const what = `holds ${findings.length} certificates, ${valid === findings.length ? 'all of them valid' : `${valid} of them valid`}`;
  return valid === 0 ? { ...noCa, what } : { area: 'ca', subject: noCa.subject, level: 'ok', what };
}

const noCa = {
  area: 'ca',
  subject: 'NODE_EXTRA_CA_CERTS',
  level: 'problem',
  step: 'Name a file with the CA as PEM, which this user may read, or unset the variable.',
} as const;

function checkCa(pem: string, now: number): CheckFinding {
  try {
    const certificate = new X509Certificate(pem);
    const subject = certificate.subject.replaceAll('\n', ', ');
    if (!certificate.ca) {
      const meaning = 'It is trusted for the server alone that has this very certificate.';
      return { area: 'ca', subject, level: 'warning', what: 'is no certificate authority', meaning, step: 'Name the CA that signed it.' };
    }
    return { area: 'ca', subject, ...validity(certificate, now) };
  } catch {
    return { ...noCa, what: 'holds a certificate that cannot be read' };
  }
}

function validity(certificate: X509Certificate, now: number): Pick<CheckFinding, 'level' | 'what' | 'step'> {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const until = new Date(to).toISOString();
  const step = 'Replace it with a new one, and see that the clock of this machine is right.';
  if (now < from) return { level: 'problem', what: `is not valid before ${new Date(from).toISOString()}`, step };
  if (now >= to) return { level: 'problem', what: `has ended on ${until}`, step };
  const what = `is valid until ${until}`;
  return to - now < soonMs ? { level: 'warning', what, step } : { level: 'ok', what };
}
