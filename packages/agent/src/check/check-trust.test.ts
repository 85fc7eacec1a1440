import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { checkExtraCa } from './check-trust.ts';

const now = Date.UTC(2026, 0, 1);
const longAgo = Date.UTC(1990, 0, 1);
const findings = (pem: string, at = now) => [...checkExtraCa({ extraCa: [pem] }, at)];

describe('the CAs of NODE_EXTRA_CA_CERTS', () => {
  it('are told one by one where they are few', () => {
    const two = findings(rootCertificates.slice(0, 2).join('\n'));
    expect(two).toHaveLength(2);
    expect(two[0]).toMatchObject({ area: 'ca', what: expect.stringMatching(/^(is valid until|has ended on) /) as string });
  });

  it('are told in one line where they are those of a system, some of which have always ended', () => {
    expect(findings(rootCertificates.join('\n'))).toEqual([
      {
        area: 'ca',
        subject: 'NODE_EXTRA_CA_CERTS',
        level: 'ok',
        what: expect.stringContaining(`holds ${rootCertificates.length} certificates, `) as string,
      },
    ]);
  });

  it('are a problem where none is valid, or none is there', () => {
    expect(findings(rootCertificates.join('\n'), longAgo)).toMatchObject([
      { level: 'problem', what: expect.stringContaining(' 0 of them valid') as string },
    ]);
    expect(findings('no PEM')).toMatchObject([{ level: 'problem', what: 'holds no certificate in PEM' }]);
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(findings(broken)).toMatchObject([{ level: 'problem', what: 'holds a certificate that cannot be read' }]);
  });

  it('are a problem where their file cannot be read', () => {
    const extraCaProblem = 'the file /nowhere.pem cannot be read (ENOENT)';
    expect([...checkExtraCa({ extraCa: [], extraCaProblem }, now)]).toMatchObject([
      { subject: 'NODE_EXTRA_CA_CERTS', level: 'problem', what: `is ignored: ${extraCaProblem}` },
    ]);
  });
});
