import { X509Certificate } from 'node:crypto';

/** Tags of DER (X.690), and the two object identifiers, encoded. */
const [sequence, set, octets, version] = [0x30, 0x31, 0x04, Buffer.from([0x02, 0x01, 0x01])];
const [signedData, data] = ['06092a864886f70d010702', '06092a864886f70d010701'].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer];
/** Tag of a field that is known by its number, here 0. */
const numbered = 0xa0;

/** A PKCS #7 text, PEM, that holds only `certificate` (PEM): signed data without a signature (RFC 5652 §5). */
export function pkcs7Of(certificate: string): string {
  const { raw } = new X509Certificate(certificate);
  const content = der(sequence, version, der(set), der(sequence, data, der(numbered, der(octets))), der(numbered, raw), der(set));
  const text = der(sequence, signedData, der(numbered, content)).toString('base64');
  return ['-----BEGIN PKCS7-----', ...(text.match(/.{1,64}/g) ?? []), '-----END PKCS7-----'].join('\n');
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const bytes = content.length < 0x80 ? 0 : content.length < 0x100 ? 1 : 2;
  const length = Buffer.alloc(1 + bytes, bytes === 0 ? content.length : 0x80 | bytes);
  if (bytes > 0) length.writeUIntBE(content.length, 1, bytes);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}
